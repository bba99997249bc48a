package handler

import (
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/money"
	moneyproto "farthing/pkg/money/proto"
	"farthing/pkg/trace"
	"farthing/service.balance/logic"
	balanceproto "farthing/service.balance/proto"
)

// Reserve holds money for a card authorisation. Being declined is an outcome, not an error.
func (h *Handler) Reserve(
	ctx context.Context, req *balanceproto.ReserveRequest,
) (*balanceproto.ReserveResponse, error) {
	amount, err := h.checkReserve(ctx, req)
	if err != nil {
		return nil, err
	}
	decision, err := h.ledger.Do(ctx, req.GetAccountId(), logic.Command{
		ID: req.GetHoldId(), Kind: logic.Held, Amount: amount.Minor, Refusal: logic.Reason(req.GetRefusal()),
		TransactionID: req.GetTransactionId(), Traceparent: trace.Traceparent(ctx),
	})
	if err == nil && decision.Repeated {
		decision, err = h.confirm(ctx, decision)
	}
	if err != nil {
		return nil, fmt.Errorf("reserving funds: %w", err)
	}
	return reserveResponse(decision, amount.Currency), nil
}

// confirm makes sure that a hold which a repeat finds was not given up meanwhile.
func (h *Handler) confirm(ctx context.Context, d logic.Decision) (logic.Decision, error) {
	if d.Entry.Kind != logic.Held {
		return d, nil
	}
	ours, err := h.ledger.Confirm(ctx, d.Entry.Account, d.Entry.ID)
	if err == nil && !ours {
		d.Entry.Kind, d.Entry.Reason = logic.Void, logic.TimedOut
	}
	return d, err
}

func (h *Handler) checkReserve(ctx context.Context, req *balanceproto.ReserveRequest) (money.Amount, error) {
	if req.GetAccountId() == "" {
		return money.Amount{}, errs.MissingParam("account_id")
	}
	if err := id.Check("hold_id", "hold", req.GetHoldId()); err != nil {
		return money.Amount{}, err
	}
	if err := id.Check("transaction_id", "tx", req.GetTransactionId()); err != nil {
		return money.Amount{}, err
	}
	amount, err := positive(req.GetAmount())
	if err != nil {
		return money.Amount{}, err
	}
	currency, err := h.ledger.Currency(ctx, req.GetAccountId())
	if err == nil && currency != amount.Currency {
		err = errs.BadParam("amount.currency", "must be the account's, "+currency)
	}
	return amount, err
}

// positive is an amount of more than zero in a real currency.
func positive(sent *moneyproto.Money) (money.Amount, error) {
	if sent == nil {
		return money.Amount{}, errs.MissingParam("amount")
	}
	if err := money.CheckCurrency("amount.currency", sent.GetCurrency()); err != nil {
		return money.Amount{}, err
	}
	if sent.GetMinor() <= 0 {
		return money.Amount{}, errs.BadParam("amount", "must be more than zero")
	}
	return money.Amount{Minor: sent.GetMinor(), Currency: sent.GetCurrency()}, nil
}

func reserveResponse(d logic.Decision, currency string) *balanceproto.ReserveResponse {
	outcome := balanceproto.Outcome_OUTCOME_DECLINED
	if d.Entry.Kind == logic.Held {
		outcome = balanceproto.Outcome_OUTCOME_APPROVED
	}
	rsp := &balanceproto.ReserveResponse{
		Outcome:       outcome,
		DeclineReason: balanceproto.DeclineReason(d.Entry.Reason), //nolint:gosec // They are this enum's.
		TransactionId: d.Entry.TransactionID,
		Sequence:      d.Entry.Sequence,
		DecidedMs:     d.Entry.At.UnixMilli(),
		Repeated:      d.Repeated,
	}
	if d.Entry.Sequence > 0 { // A fence knows no balance.
		rsp.Balance = &moneyproto.Money{Minor: d.Entry.Available(), Currency: currency}
	}
	return rsp
}
