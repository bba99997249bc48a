package handler

import (
	"context"
	"fmt"

	"farthing/pkg/edge"
	accountproto "farthing/service.account/proto"
	"farthing/service.payment/logic"
	paymentproto "farthing/service.payment/proto"
)

// PayIn takes a payment that comes in. A repeat of a dedupe_id answers the payment that is there. Of an account that is
// closed it goes to suspense.
func (h *Handler) PayIn(ctx context.Context, req *paymentproto.PayInRequest) (*paymentproto.PayInResponse, error) {
	if err := checkDedupeID(req.GetDedupeId()); err != nil {
		return nil, err
	}
	to, err := h.payee(ctx, req)
	if err != nil {
		return nil, err
	}
	if err := checkAmount(req.GetAmount(), to); err != nil {
		return nil, err
	}
	if err := checkParty(req.GetParty()); err != nil {
		return nil, err
	}
	if err := edge.Text("reference", req.GetReference(), referenceMax); err != nil {
		return nil, err
	}
	done, err := h.pay(ctx, &paymentproto.Payment{
		Id: logic.PaymentID(to.GetId(), "in/"+req.GetDedupeId()), AccountId: to.GetId(), UserId: to.GetUserId(),
		Direction: paymentproto.Direction_DIRECTION_IN, State: paymentproto.State_STATE_ACCEPTED, Amount: req.GetAmount(),
		Party: req.GetParty(), Reference: req.GetReference(), Suspense: to.GetClosed(),
	})
	return &paymentproto.PayInResponse{Payment: done}, err
}

// payee is the account that a payment is for, by its id or its number.
func (h *Handler) payee(ctx context.Context, req *paymentproto.PayInRequest) (*accountproto.Account, error) {
	if req.GetAccountId() != "" {
		return h.accountOf(ctx, req.GetAccountId())
	}
	number := logic.Party{SortCode: req.GetSortCode(), AccountNumber: req.GetAccountNumber()}
	if err := logic.CheckNumber("account", number); err != nil {
		return nil, err
	}
	rsp, err := h.accounts.Find(ctx, &accountproto.FindRequest{
		SortCode: req.GetSortCode(), AccountNumber: req.GetAccountNumber(),
	})
	if err != nil {
		return nil, fmt.Errorf("looking for the account: %w", err)
	}
	return rsp.GetAccount(), nil
}
