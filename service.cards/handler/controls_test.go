package handler

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	cardsproto "farthing/service.cards/proto"
)

func (b *bank) control(t *testing.T, cardID string, controls *cardsproto.Controls) (*cardsproto.Card, error) {
	t.Helper()
	rsp, err := b.cards.SetControls(t.Context(), &cardsproto.SetControlsRequest{CardId: cardID, Controls: controls})
	return rsp.GetCard(), err
}

func TestControlsStayWithACardAndGoOverToItsReplacement(t *testing.T) {
	b := newBank(t, nil)
	card := b.issue(t, account, "first")
	wanted := &cardsproto.Controls{
		DayMinor: proto.Int64(100_00), CashDayMinor: proto.Int64(0), BlockedMerchants: []string{"gambling"},
		BlockedCountries: []string{"FR"}, OnlineBlocked: true,
	}
	for range 2 { // A repeat changes nothing.
		if got, err := b.control(t, card.GetId(), wanted); err != nil || !proto.Equal(got.GetControls(), wanted) {
			t.Fatalf("setting controls: %v, %v", got, err)
		}
	}
	var replacement *cardsproto.Card
	for range 2 { // A repeat answers the first.
		rsp, err := b.cards.Replace(t.Context(), &cardsproto.ReplaceRequest{CardId: card.GetId()})
		if err != nil || replacement != nil && rsp.GetCard().GetId() != replacement.GetId() {
			t.Fatalf("replacing: %v, %v", rsp, err)
		}
		replacement = rsp.GetCard()
	}
	if replacement.GetId() == card.GetId() || replacement.GetLastFour() == card.GetLastFour() {
		t.Errorf("%v replaces %v", replacement, card)
	}
	if replacement.GetControlSetId() != card.GetControlSetId() || !proto.Equal(replacement.GetControls(), wanted) {
		t.Errorf("the replacement is under %v of %v", replacement.GetControls(), replacement.GetControlSetId())
	}
	if _, err := b.control(t, card.GetId(), &cardsproto.Controls{}); !errs.Is(err, "precondition_failed.card_closed") {
		t.Errorf("controls of the replaced card: %v", err)
	}
}

func TestControlsThatCannotBeAreRefusedByName(t *testing.T) {
	b := newBank(t, nil)
	card := b.issue(t, account, "first")
	for field, controls := range map[string]*cardsproto.Controls{
		"day_minor":         {DayMinor: proto.Int64(-1)},
		"blocked_merchants": {BlockedMerchants: []string{"everybody"}},
		"blocked_countries": {BlockedCountries: []string{"France"}},
	} {
		if _, err := b.control(t, card.GetId(), controls); !errs.Is(err, "bad_request.bad_param.controls."+field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := b.control(t, card.GetId(), nil); !errs.Is(err, "bad_request.missing_param.controls") {
		t.Errorf("none: %v", err)
	}
}
