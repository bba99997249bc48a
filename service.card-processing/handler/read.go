package handler

import (
	"context"

	"farthing/pkg/errs"
	"farthing/pkg/id"
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
		return logic.HoldOf(req.GetAuthorisationId()),
			id.Check("authorisation_id", logic.AuthorisationPrefix, req.GetAuthorisationId())
	}
	t, err := h.transaction(ctx, req.GetTransactionId())
	switch {
	case err != nil:
		return "", err
	case t.GetHoldId() == "":
		return "", errs.Missing("payment")
	}
	_, err = h.open(ctx, subject{key: t.GetHoldId(), account: t.GetAccountId()})
	return t.GetHoldId(), err
}
