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
	control, err := controlOf(req.GetControl(), req.GetRefusal())
	if err != nil {
		return nil, err
	}
	if control.Cashback > amount.Minor {
		return nil, errs.BadParam("control.cashback_minor", "must be at most the amount")
	}
	decision, err := h.ledger.Do(ctx, req.GetAccountId(), logic.Command{
		ID: req.GetHoldId(), Kind: logic.Held, Amount: amount.Minor, Refusal: logic.Reason(req.GetRefusal()),
		Forced: req.GetForced(), Partial: req.GetAcceptPartial(), Control: control,
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
	if err := checkHold(req.GetAccountId(), req.GetHoldId()); err != nil {
		return money.Amount{}, err
	}
	if err := id.Check("transaction_id", "tx", req.GetTransactionId()); err != nil {
		return money.Amount{}, err
	}
	return h.amountOn(ctx, req.GetAccountId(), req.GetAmount())
}

// amountOn is an amount of more than zero in an account's currency.
func (h *Handler) amountOn(ctx context.Context, account string, sent *moneyproto.Money) (money.Amount, error) {
	amount, err := positive(sent)
	if err != nil {
		return money.Amount{}, err
	}
	currency, err := h.ledger.Currency(ctx, account)
	if err == nil && currency != amount.Currency {
		err = errs.BadParam("amount.currency", "must be the account's, "+currency)
	}
	return amount, err
}

// in is minor units in an account's currency.
func (h *Handler) in(ctx context.Context, account string, minor int64) (*moneyproto.Money, error) {
	currency, err := h.ledger.Currency(ctx, account)
	return moneyOf(minor, currency), err
}

func moneyOf(minor int64, currency string) *moneyproto.Money {
	return &moneyproto.Money{Minor: minor, Currency: currency}
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
	rsp := &balanceproto.ReserveResponse{
		Outcome:       outcomeOf(d.Entry),
		DeclineReason: reasonOf(d.Entry),
		TransactionId: d.Entry.TransactionID,
		Sequence:      d.Entry.Sequence,
		DecidedMs:     d.Entry.At.UnixMilli(),
		Repeated:      d.Repeated,
		Amount:        moneyOf(0, currency),
	}
	if d.Entry.Kind == logic.Held {
		rsp.Amount.Minor, rsp.CashbackMinor = d.Entry.HeldChange, d.Entry.Cashback
	}
	if d.Entry.Sequence > 0 { // A fence knows no balance.
		rsp.Balance = moneyOf(d.Entry.Available(), currency)
	}
	return rsp
}

func outcomeOf(e logic.Entry) balanceproto.Outcome {
	if e.Kind == logic.Held {
		return balanceproto.Outcome_OUTCOME_APPROVED
	}
	return balanceproto.Outcome_OUTCOME_DECLINED
}

func reasonOf(e logic.Entry) balanceproto.DeclineReason {
	return balanceproto.DeclineReason(e.Reason) //nolint:gosec // Its numbers are this enum's.
}
