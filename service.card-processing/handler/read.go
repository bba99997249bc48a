package handler

import (
	"context"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// GetPayment is a card payment with all its events: not_found.payment if there is none. A payment that nothing has
// followed yet is opened by being read. What was collected of a card that is nobody's is found under that card's id.
func (h *Handler) GetPayment(
	ctx context.Context, req *cardprocessingproto.GetPaymentRequest,
) (*cardprocessingproto.GetPaymentResponse, error) {
	who, err := h.named(ctx, req)
	if err != nil {
		return nil, err
	}
	if err := h.openMade(ctx, who); err != nil {
		return nil, err
	}
	p, found, err := h.payments.Find(ctx, who.key)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, errs.Missing("payment")
	}
	events, err := h.payments.Events(ctx, who.key)
	return &cardprocessingproto.GetPaymentResponse{Payment: p.State, Events: events}, err
}

// naming names a payment by its transaction, or by its authorisation and the card.
type naming interface {
	GetAuthorisationId() string
	GetTransactionId() string
	GetCardId() string
}

// named is the payment that somebody names. Its account is empty for an authorisation without a card, and for what was
// collected of a card that is nobody's.
func (h *Handler) named(ctx context.Context, n naming) (subject, error) {
	switch {
	case n.GetAuthorisationId() == "" && n.GetTransactionId() == "":
		return subject{}, errs.MissingParam("transaction_id")
	case n.GetAuthorisationId() != "" && n.GetTransactionId() != "":
		return subject{}, errs.BadParam("transaction_id", "excludes 'authorisation_id'")
	case n.GetTransactionId() != "":
		t, err := h.transaction(ctx, n.GetTransactionId())
		if err == nil && t.GetHoldId() == "" {
			err = errs.Missing("payment")
		}
		return subject{key: t.GetHoldId(), account: t.GetAccountId()}, err
	}
	key := logic.HoldOf(n.GetAuthorisationId())
	if err := id.Check("authorisation_id", logic.AuthorisationPrefix, n.GetAuthorisationId()); err != nil {
		return subject{}, err
	}
	if n.GetCardId() == "" {
		return subject{key: key}, nil
	}
	card, err := h.identify(ctx, "", n.GetCardId())
	switch {
	case err != nil:
		return subject{}, err
	case card == nil:
		return h.nobodys(ctx, key)
	}
	key, err = h.standing(ctx, n.GetCardId(), key)
	return subjectOf(card, key), err
}

// nobodys is a payment of a card that is nobody's: not_found.card unless something was collected of such a card. It
// never answers a customer's payment: whoever names one by a card that is nobody's has the wrong card.
func (h *Handler) nobodys(ctx context.Context, key string) (subject, error) {
	p, found, err := h.payments.Find(ctx, key)
	if err == nil && (!found || p.State.GetAccountId() != "") {
		err = errs.Missing("card")
	}
	return subject{key: key}, err
}

// openMade opens a payment whose authorisation was decided, if it is known on which account. Reading must not keep out
// one that is on its way.
func (h *Handler) openMade(ctx context.Context, who subject) error {
	if who.account == "" {
		return nil
	}
	_, err := h.balance.SettleHold(ctx, &balanceproto.SettleHoldRequest{AccountId: who.account, HoldId: who.key})
	if errs.Is(err, errs.NotFound) {
		return nil // There may be a payment, of a message that came first.
	}
	if err != nil {
		return err
	}
	_, err = h.open(ctx, who)
	return err
}
