package handler

import (
	"context"
	"fmt"

	"farthing/pkg/id"
	"farthing/service.cards/logic"
	cardsproto "farthing/service.cards/proto"
)

// Get is one card by id: not_found.card if there is none.
func (h *Handler) Get(ctx context.Context, req *cardsproto.GetRequest) (*cardsproto.GetResponse, error) {
	card, err := h.card(ctx, req.GetCardId())
	if err != nil {
		return nil, fmt.Errorf("getting a card: %w", err)
	}
	return &cardsproto.GetResponse{Card: cardProto(card)}, nil
}

// listMax is how many cards of an account are listed.
const listMax = 100

// List is an account's cards, oldest first; none for an account that has none, or that there is not.
func (h *Handler) List(ctx context.Context, req *cardsproto.ListRequest) (*cardsproto.ListResponse, error) {
	if err := id.Check("account_id", "acc", req.GetAccountId()); err != nil {
		return nil, err
	}
	cards, err := h.cards.List(ctx, req.GetAccountId(), listMax)
	if err != nil {
		return nil, err
	}
	rsp := &cardsproto.ListResponse{}
	for _, card := range cards {
		rsp.Cards = append(rsp.Cards, cardProto(card))
	}
	return rsp, nil
}

func cardProto(c logic.Card) *cardsproto.Card {
	return &cardsproto.Card{
		Id: c.ID, AccountId: c.Account, UserId: c.User, LastFour: c.LastFour,
		ExpiresYear: int32(c.Expires.Year), ExpiresMonth: int32(c.Expires.Month), //nolint:gosec // A year fits.
		Status: cardsproto.Status(c.Status), CreatedMs: c.Created.UnixMilli(), //nolint:gosec // 1 to 3.
		ControlSetId: c.ControlSet, Controls: c.Controls, BlockedMccs: logic.BlockedMCCs(c.Controls),
	}
}
