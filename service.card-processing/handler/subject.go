package handler

import (
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/pkg/trace"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
	"farthing/service.card-processing/storage"
	cardsproto "farthing/service.cards/proto"
)

// follow carries a message that was checked into the payment that it is about.
func (h *Handler) follow(
	ctx context.Context, kind cardprocessingproto.PaymentEventKind, f logic.FollowUp,
) (*cardprocessingproto.Payment, *cardprocessingproto.PaymentEvent, error) {
	card, err := h.identify(ctx, f.Message.GetCardNumber(), f.Message.GetCardId())
	if err != nil {
		return nil, nil, err
	}
	if card == nil {
		return nil, nil, errs.Missing("card")
	}
	own, err := h.claim(ctx, kindOf(kind)+"/", f.Message, card, f)
	if err != nil {
		return nil, nil, err
	}
	rate, err := logic.RateOf(f.Amount, f.LocalAmount, f.Rate)
	if err != nil {
		return nil, nil, err
	}
	said := logic.Said{
		Kind: kind, MessageID: kindOf(kind) + "/" + own, Minor: f.Amount.GetMinor(), Local: f.LocalAmount,
		Rate:       rate,
		Descriptor: f.Descriptor, MCC: f.MCC, MoreFollows: f.MoreFollows,
		OnlyHeld: f.OnlyHeld,
	}
	key, err := h.keyOf(ctx, f, &said, card, own)
	if err != nil {
		return nil, nil, err
	}
	trace.Annotate(ctx, "authorisation_id", logic.AuthorisationID(key))
	payment, done, err := h.record(ctx, subjectOf(card, key), said)
	return payment, done.PaymentEvent, err
}

func subjectOf(card *cardsproto.Card, key string) subject {
	return subject{
		key: key, account: card.GetAccountId(), user: card.GetUserId(), card: card.GetId(), set: card.GetControlSetId(),
	}
}

// identified is whatever has a processor's id or the network's.
type identified interface {
	GetProcessorId() string
	GetNetwork() *cardprocessingproto.NetworkIDs
}

// claim is what a message's ids stand for, the same for a repeat. A processor's ids are those of one kind of message.
func (h *Handler) claim(
	ctx context.Context, kind string, ids identified, card *cardsproto.Card, f logic.FollowUp,
) (string, error) {
	if ids.GetNetwork() != nil {
		return logic.HoldID(ids.GetNetwork(), card.GetId()), nil
	}
	processorID := kind + ids.GetProcessorId()
	return h.processorIDs.Claim(ctx, storage.Claim{
		ProcessorID: processorID, CardID: card.GetId(), HoldID: logic.HoldIDAt(h.clock.Now(), processorID),
		Minor: f.Amount.GetMinor(), Currency: f.Amount.GetCurrency(),
	})
}

// keyOf is the payment that a message is about: the one it names, or the one found for it, or a new one.
func (h *Handler) keyOf(
	ctx context.Context, f logic.FollowUp, said *logic.Said, card *cardsproto.Card, own string,
) (string, error) {
	switch {
	case said.Kind == logic.Refund || said.Kind == logic.RefundAuthorisation || said.Kind == logic.RefundReversal:
		return h.nameRefund(ctx, f, said, card, own)
	case f.Original != nil:
		return h.keyOfOriginal(ctx, f.Original, card)
	}
	if found, ok, err := h.matches.Find(ctx, said.MessageID); err != nil || ok {
		return found, err
	}
	key := own
	if said.Kind == logic.Clearing {
		found, err := h.match(ctx, f, card)
		if err != nil {
			return "", fmt.Errorf("looking for the authorisation: %w", err)
		}
		if found != "" {
			key = found
		}
	}
	return h.matches.Match(ctx, said.MessageID, key)
}

// keyOfOriginal is the payment of the authorisation that a message names.
func (h *Handler) keyOfOriginal(
	ctx context.Context, original *cardprocessingproto.Original, card *cardsproto.Card,
) (string, error) {
	if original.GetAuthorisationId() != "" {
		return h.standing(ctx, card.GetId(), logic.HoldOf(original.GetAuthorisationId()))
	}
	// A processor's id may come here before its authorisation does.
	claimed, err := h.claim(ctx, "", original, card, logic.FollowUp{})
	if err != nil {
		return "", err
	}
	return h.standing(ctx, card.GetId(), claimed)
}
