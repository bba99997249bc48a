package handler

import (
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/service.cards/logic"
	cardsproto "farthing/service.cards/proto"
)

// SetControls replaces all that a card's customer has set about what it may pay: precondition_failed.card_closed of a
// closed one. A repeat changes nothing.
func (h *Handler) SetControls(
	ctx context.Context, req *cardsproto.SetControlsRequest,
) (*cardsproto.SetControlsResponse, error) {
	if req.GetControls() == nil {
		return nil, errs.MissingParam("controls")
	}
	if err := logic.CheckControls(req.GetControls()); err != nil {
		return nil, err
	}
	card, err := h.card(ctx, req.GetCardId())
	if err == nil {
		card, err = h.change(ctx, card, func(c logic.Card) (logic.Card, bool, error) {
			return c.Under(req.GetControls())
		})
	}
	if err != nil {
		return nil, fmt.Errorf("setting a card's controls: %w", err)
	}
	return &cardsproto.SetControlsResponse{Card: cardProto(card)}, nil
}

// Replace closes a card and issues another one, under the same controls. It goes on where an earlier call stopped, and
// answers the card that was made first.
func (h *Handler) Replace(ctx context.Context, req *cardsproto.ReplaceRequest) (*cardsproto.ReplaceResponse, error) {
	old, err := h.card(ctx, req.GetCardId())
	if err != nil {
		return nil, fmt.Errorf("replacing a card: %w", err)
	}
	// Closed first: whoever has it may be spending.
	old, err = h.change(ctx, old, func(c logic.Card) (logic.Card, bool, error) { return c.In(logic.Closed) })
	if err != nil {
		return nil, fmt.Errorf("closing a card: %w", err)
	}
	asked := logic.Card{
		ID: h.ids.New("card"), Account: old.Account, User: old.User, ControlSet: old.ControlSet, Controls: old.Controls,
	}
	card, err := h.issueOnce(ctx, "replacement of "+old.ID, asked)
	if err != nil {
		return nil, fmt.Errorf("issuing a replacement: %w", err)
	}
	return &cardsproto.ReplaceResponse{Card: cardProto(card)}, nil
}
