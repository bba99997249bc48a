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
// followed yet is opened by being read.
func (h *Handler) GetPayment(
	ctx context.Context, req *cardprocessingproto.GetPaymentRequest,
) (*cardprocessingproto.GetPaymentResponse, error) {
	key, err := h.paymentKey(ctx, req)
	if err != nil {
		return nil, err
	}
	p, found, err := h.payments.Find(ctx, key)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, errs.Missing("payment")
	}
	events, err := h.payments.Events(ctx, key)
	return &cardprocessingproto.GetPaymentResponse{Payment: p.State, Events: events}, err
}

func (h *Handler) paymentKey(ctx context.Context, req *cardprocessingproto.GetPaymentRequest) (string, error) {
	switch {
	case req.GetAuthorisationId() == "" && req.GetTransactionId() == "":
		return "", errs.MissingParam("transaction_id")
	case req.GetAuthorisationId() != "" && req.GetTransactionId() != "":
		return "", errs.BadParam("transaction_id", "excludes 'authorisation_id'")
	case req.GetAuthorisationId() != "":
		key := logic.HoldOf(req.GetAuthorisationId())
		err := id.Check("authorisation_id", logic.AuthorisationPrefix, req.GetAuthorisationId())
		if err == nil && req.GetCardId() != "" {
			err = h.openOf(ctx, key, req.GetCardId())
		}
		return key, err
	}
	t, err := h.transaction(ctx, req.GetTransactionId())
	switch {
	case err != nil:
		return "", err
	case t.GetHoldId() == "":
		return "", errs.Missing("payment")
	}
	return t.GetHoldId(), h.openMade(ctx, subject{key: t.GetHoldId(), account: t.GetAccountId()})
}

// openOf opens the payment of an authorisation on a card.
func (h *Handler) openOf(ctx context.Context, key, cardID string) error {
	card, err := h.identify(ctx, "", cardID)
	switch {
	case err != nil:
		return err
	case card == nil:
		return errs.Missing("card")
	}
	return h.openMade(ctx, subjectOf(card, key))
}

// openMade opens a payment whose authorisation was decided. Reading must not keep out one that is on its way.
func (h *Handler) openMade(ctx context.Context, who subject) error {
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
