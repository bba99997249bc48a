package cards

import (
	"fmt"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/service.api/caller"
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
	case active:
		return cardsproto.Status_STATUS_ACTIVE
	case inactive:
		return cardsproto.Status_STATUS_FROZEN
	default:
		form.Refuse("status", "must be "+active+" or "+inactive)
		return cardsproto.Status_STATUS_UNSPECIFIED
	}
}

// own fails with not_found.card unless the card lies on an account of the caller.
func (a Area) own(req edge.Request, cardID string) error {
	if id.Check("card_id", "card", cardID) != nil {
		return errs.Missing("card")
	}
	got, err := a.Cards.Get(req.Context(), &cardsproto.GetRequest{CardId: cardID})
	if err != nil {
		return caller.Hide(fmt.Errorf("getting the card: %w", err), "card")
	}
	_, err = caller.Own(req, a.Accounts, got.GetCard().GetAccountId())
	return caller.Hide(err, "card")
}
