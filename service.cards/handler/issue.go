package handler

import (
	"cmp"
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/pan"
	"farthing/service.cards/logic"
	cardsproto "farthing/service.cards/proto"
)

// dedupeIDMax bounds a caller's own ids.
const dedupeIDMax = 64

// Issue makes an active card with a number of its own. A repeat of a dedupe_id goes on where the first call stopped,
// and answers the same card; for another user it is conflict.dedupe_id.
func (h *Handler) Issue(ctx context.Context, req *cardsproto.IssueRequest) (*cardsproto.IssueResponse, error) {
	if err := checkIssue(req); err != nil {
		return nil, err
	}
	card, err := h.issueOnce(ctx, req.GetDedupeId(), logic.Card{
		ID: h.ids.New("card"), Account: req.GetAccountId(), User: req.GetUserId(), Controls: &cardsproto.Controls{},
	})
	if err != nil {
		return nil, fmt.Errorf("issuing a card: %w", err)
	}
	return &cardsproto.IssueResponse{Card: cardProto(card)}, nil
}

// issueOnce issues a card unless the dedupe id has one already, and answers the one that it has.
func (h *Handler) issueOnce(ctx context.Context, dedupeID string, asked logic.Card) (logic.Card, error) {
	cardID, err := h.cards.Begin(ctx, dedupeID, asked)
	if err != nil {
		return logic.Card{}, err
	}
	asked.ID, asked.ControlSet = cardID, cmp.Or(asked.ControlSet, logic.ControlSetOf(cardID))
	card, found, err := h.cards.Find(ctx, cardID)
	if err == nil && !found {
		card, err = h.issue(ctx, asked)
	}
	return card, err
}

func checkIssue(req *cardsproto.IssueRequest) error {
	switch {
	case req.GetDedupeId() == "":
		return errs.MissingParam("dedupe_id")
	case len(req.GetDedupeId()) > dedupeIDMax:
		return errs.BadParam("dedupe_id", "must be at most 64 bytes")
	}
	if err := id.Check("account_id", "acc", req.GetAccountId()); err != nil {
		return err
	}
	return id.Check("user_id", "user", req.GetUserId())
}

// issue does what is not done yet. Every step keeps what an earlier or simultaneous call has done.
func (h *Handler) issue(ctx context.Context, card logic.Card) (logic.Card, error) {
	created, err := id.Time("card_id", "card", card.ID)
	if err != nil {
		return logic.Card{}, err
	}
	number, err := h.number(ctx, card.ID)
	if err != nil {
		return logic.Card{}, err
	}
	card.LastFour, card.Status, card.Version = number.Last4(), logic.Active, 1
	card.Created, card.Expires = created, logic.ExpiryOf(created)
	issued, isNew, err := h.insert(ctx, card)
	if isNew {
		h.metrics.issued.Inc()
	}
	return issued, err
}

// attemptsMax is how many numbers may be another card's before something must be wrong: with a million cards issued,
// one draw in a thousand is.
const attemptsMax = 8

// number is a card's own number. The numbers that are drawn are kept before they are claimed, so that a repeat claims
// the same ones in the same order.
func (h *Handler) number(ctx context.Context, cardID string) (pan.Number, error) {
	for attempt := range int64(attemptsMax) {
		drawn, err := h.draw()
		if err != nil {
			return pan.Number{}, err
		}
		number, err := h.vault.Keep(ctx, cardID, attempt, drawn)
		if err != nil {
			return pan.Number{}, err
		}
		claimed, err := h.vault.Claim(ctx, number, cardID)
		if err != nil || claimed {
			return number, err
		}
		h.metrics.collisions.Inc()
	}
	return pan.Number{}, errs.Newf(errs.Internal, "%d numbers drawn for %s were all taken", attemptsMax, cardID)
}
