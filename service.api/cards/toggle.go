package cards

import (
	"context"
	"fmt"

	"farthing/pkg/edge"
	"farthing/service.api/caller"
	apiproto "farthing/service.api/proto"
	cardsproto "farthing/service.cards/proto"
)

// toggle freezes a card (INACTIVE) or unfreezes it (ACTIVE). A repeat changes nothing; a closed card is
// precondition_failed.card_closed. It makes three calls, one after the other: nothing may be changed before it is known
// whose the card is.
func (a Area) toggle(req edge.Request) edge.Response {
	form := req.Form()
	cardID, status := form.Required("card_id"), statusOf(form)
	if err := form.Err(); err != nil {
		return edge.Error(err)
	}
	if err := a.own(req, cardID); err != nil {
		return edge.Error(err)
	}
	_, err := a.Cards.SetStatus(req.Context(), &cardsproto.SetStatusRequest{CardId: cardID, Status: status})
	if err != nil {
		return edge.Error(fmt.Errorf("setting the card's status: %w", err))
	}
	return edge.OK(nil)
}

func statusOf(form *edge.Form) cardsproto.Status {
	switch form.Required("status") {
	case apiproto.CardActive:
		return cardsproto.Status_STATUS_ACTIVE
	case apiproto.CardInactive:
		return cardsproto.Status_STATUS_FROZEN
	default:
		form.Refuse("status", "must be "+apiproto.CardActive+" or "+apiproto.CardInactive)
		return cardsproto.Status_STATUS_UNSPECIFIED
	}
}

// own fails with not_found.card unless the card lies on an account of the caller.
func (a Area) own(req edge.Request, cardID string) error {
	named := caller.Thing{Kind: "card", Prefix: "card", ID: cardID}
	_, err := caller.OwnThing(req, a.Accounts, named, func(ctx context.Context) (*cardsproto.Card, string, error) {
		got, err := a.Cards.Get(ctx, &cardsproto.GetRequest{CardId: cardID})
		return got.GetCard(), got.GetCard().GetAccountId(), err
	})
	return err
}
