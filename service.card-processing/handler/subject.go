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
	payment, done, err := h.followIn(ctx, kind, f, "")
	return payment, done.PaymentEvent, err
}

// followIn is follow of a message that came in a clearing file.
func (h *Handler) followIn(
	ctx context.Context, kind cardprocessingproto.PaymentEventKind, f logic.FollowUp, file string,
) (*cardprocessingproto.Payment, outcome, error) {
	card, err := h.identify(ctx, f.Message.GetCardNumber(), f.Message.GetCardId())
	if err != nil {
		return nil, outcome{}, err
	}
	if card == nil && kind != logic.Clearing && kind != logic.Refund {
		return nil, outcome{}, errs.Missing("card")
	}
	own, err := h.claim(ctx, kindOf(kind)+"/", f.Message, card, f)
	if err != nil {
		return nil, outcome{}, err
	}
	said := saidOf(kind, own, f)
	said.ClearingFile = file
	if said.Rate, err = logic.RateOf(f.Amount, f.LocalAmount, f.Rate); err != nil {
		return nil, outcome{}, err
	}
	found := storage.Match{Payment: own} // Of a card that is nobody's: the money is there all the same.
	if card != nil {
		if found, err = h.matched(ctx, f, &said, card, own); err != nil {
			return nil, outcome{}, err
		}
	}
	said.Doubt = found.Doubt
	trace.Annotate(ctx, "authorisation_id", logic.AuthorisationID(found.Payment))
	who := subjectOf(card, found.Payment)
	who.currency = f.Amount.GetCurrency()
	return h.record(ctx, who, said)
}

func saidOf(kind cardprocessingproto.PaymentEventKind, own string, f logic.FollowUp) logic.Said {
	number := f.Message.GetCardNumber()
	return logic.Said{
		Kind: kind, MessageID: kindOf(kind) + "/" + own, Minor: f.Amount.GetMinor(), Local: f.LocalAmount,
		Descriptor: f.Descriptor, MCC: f.MCC, MoreFollows: f.MoreFollows, OnlyHeld: f.OnlyHeld,
		Currency: f.Amount.GetCurrency(),
		CardID:   f.Message.GetCardId(), LastFour: number[max(0, len(number)-lastFour):],
	}
}

const lastFour = 4

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

// matched is the payment that a message is about: the one it names, or the one found for it, or a new one.
func (h *Handler) matched(
	ctx context.Context, f logic.FollowUp, said *logic.Said, card *cardsproto.Card, own string,
) (storage.Match, error) {
	switch {
	case said.Kind == logic.Refund || said.Kind == logic.RefundAuthorisation || said.Kind == logic.RefundReversal:
		key, err := h.nameRefund(ctx, f, said, card, own)
		return storage.Match{Payment: key}, err
	case f.Original != nil:
		key, err := h.keyOfOriginal(ctx, f.Original, card)
		return storage.Match{Payment: key}, err
	}
	if found, ok, err := h.matches.Find(ctx, said.MessageID); err != nil || ok {
		return found, err
	}
	found := storage.Match{Payment: own}
	if said.Kind == logic.Clearing {
		key, doubt, err := h.match(ctx, f, card)
		if err != nil {
			return storage.Match{}, fmt.Errorf("looking for the authorisation: %w", err)
		}
		if found.Doubt = doubt; key != "" {
			found.Payment = key
		}
	}
	return h.matches.Match(ctx, said.MessageID, found)
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
