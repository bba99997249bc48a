package handler

import (
	"testing"

	"farthing/pkg/errs"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
)

const nobodysCard = "card_nobody"

// collectOf is a collection that names no authorisation; its answer is the payment's authorisation id.
func (b *bank) collectOf(t *testing.T, card string) string {
	t.Helper()
	rsp, err := b.Clear(t.Context(), &cardprocessingproto.ClearRequest{
		Message: &cardprocessingproto.Message{ProcessorId: "collected", CardId: card}, Amount: pounds(9_00),
		Descriptor_: "KIOSK", Mcc: "5999",
	})
	if err != nil {
		t.Fatalf("collecting: %v", err)
	}
	return rsp.GetPayment().GetId()
}

func TestWhatWasCollectedOfNobodysCardIsFoundUnderThatCard(t *testing.T) {
	b := newBank(t)
	collected := b.collectOf(t, nobodysCard)
	rsp, err := b.GetPayment(t.Context(), &cardprocessingproto.GetPaymentRequest{
		AuthorisationId: collected, CardId: nobodysCard,
	})
	if err != nil {
		t.Fatalf("getting it: %v", err)
	}
	p := rsp.GetPayment()
	if p.GetAccountId() != "" || len(p.GetUnmatched()) != 1 || len(rsp.GetEvents()) != 1 ||
		p.GetUnmatched()[0].GetDoubt().GetReason() != logic.UnknownCard {
		t.Errorf("got %v, events %v", p, rsp.GetEvents())
	}
	_, err = b.Explain(t.Context(), &cardprocessingproto.ExplainRequest{
		AuthorisationId: collected, CardId: nobodysCard,
	})
	if !errs.Is(err, "not_found.payment") {
		t.Errorf("what nobody decided was explained: %v", err)
	}
}

func TestNobodysCardFindsNoCustomersPayment(t *testing.T) {
	b := newBank(t)
	ofAlice, err := b.Authorise(t.Context(), swipe("000001"))
	if err != nil {
		t.Fatal(err)
	}
	asked := &cardprocessingproto.GetPaymentRequest{AuthorisationId: ofAlice.GetAuthorisationId(), CardId: cardID}
	if _, err := b.GetPayment(t.Context(), asked); err != nil { // It is opened by being read.
		t.Fatal(err)
	}
	for name, id := range map[string]string{
		"a customer's payment": ofAlice.GetAuthorisationId(),
		"no payment":           logic.AuthorisationID(logic.HoldIDAt(noon, "none")),
	} {
		_, err := b.GetPayment(t.Context(), &cardprocessingproto.GetPaymentRequest{AuthorisationId: id, CardId: nobodysCard})
		if !errs.Is(err, "not_found.card") {
			t.Errorf("%s: got %v, want not_found.card", name, err)
		}
	}
}
