package handler

import (
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/pan"
	"farthing/service.cards/logic"
	cardsproto "farthing/service.cards/proto"
)

// Identify finds a card by its number or its id, as it is at this moment: not_found.card if it is nobody's. It reads
// one row, or two when it has to find the number first.
func (h *Handler) Identify(
	ctx context.Context, req *cardsproto.IdentifyRequest,
) (*cardsproto.IdentifyResponse, error) {
	card, err := h.identify(ctx, req)
	switch {
	case err == nil:
		h.metrics.identified.Inc()
	case errs.Is(err, errs.NotFound):
		h.metrics.unidentified.Inc()
		return nil, err
	default:
		return nil, fmt.Errorf("identifying a card: %w", err)
	}
	return &cardsproto.IdentifyResponse{Card: cardProto(card)}, nil
}

func (h *Handler) identify(ctx context.Context, req *cardsproto.IdentifyRequest) (logic.Card, error) {
	switch {
	case req.GetNumber() == "":
		return h.card(ctx, req.GetCardId())
	case req.GetCardId() != "":
		return logic.Card{}, errs.BadParam("number", "excludes card_id")
	}
	number, err := pan.Parse("number", req.GetNumber())
	if err != nil {
		return logic.Card{}, err
	}
	cardID, found, err := h.vault.Find(ctx, number)
	if err != nil {
		return logic.Card{}, err
	}
	if !found {
		return logic.Card{}, errs.Missing("card")
	}
	return h.issued(ctx, cardID)
}

// card is the card with an id that somebody sent.
func (h *Handler) card(ctx context.Context, cardID string) (logic.Card, error) {
	if err := id.Check("card_id", "card", cardID); err != nil {
		return logic.Card{}, err
	}
	return h.issued(ctx, cardID)
}

// issued is the card with an id, uncached: a customer who froze it a moment ago relies on that.
func (h *Handler) issued(ctx context.Context, cardID string) (logic.Card, error) {
	card, found, err := h.cards.Find(ctx, cardID)
	if err == nil && !found {
		err = errs.Missing("card")
	}
	return card, err
}
