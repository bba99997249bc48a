package handler

import (
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/service.cards/logic"
	cardsproto "farthing/service.cards/proto"
)

// SetStatus freezes, unfreezes or closes a card. Closed is for ever: precondition_failed.card_closed. A repeat changes
// nothing; after timeout.outcome_unknown it is how to find out.
func (h *Handler) SetStatus(
	ctx context.Context, req *cardsproto.SetStatusRequest,
) (*cardsproto.SetStatusResponse, error) {
	status := logic.Status(req.GetStatus())
	switch status {
	case logic.Active, logic.Frozen, logic.Closed:
	default:
		return nil, errs.BadParam("status", "must be active, frozen or closed")
	}
	card, err := h.card(ctx, req.GetCardId())
	if err == nil {
		card, err = h.change(ctx, card, func(c logic.Card) (logic.Card, bool, error) { return c.In(status) })
	}
	if err != nil {
		return nil, fmt.Errorf("setting a card's status: %w", err)
	}
	return &cardsproto.SetStatusResponse{Card: cardProto(card)}, nil
}

// raceMax is how often a change may lose to another one.
const raceMax = 4

// change decides again on the card as it is now, whenever somebody else was faster.
func (h *Handler) change(
	ctx context.Context, card logic.Card, to func(logic.Card) (logic.Card, bool, error),
) (logic.Card, error) {
	for range raceMax {
		next, changes, err := to(card)
		if err != nil || !changes {
			return next, err
		}
		stored, done, err := h.replace(ctx, next)
		if err != nil {
			return logic.Card{}, err
		}
		if done {
			if stored.Status != card.Status {
				h.metrics.changed(stored.Status)
			}
			return stored, nil
		}
		card = stored
	}
	return logic.Card{}, errs.New(errs.Conflict+".card", "The card is being changed by others")
}
