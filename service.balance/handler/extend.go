package handler

import (
	"context"
	"fmt"

	"farthing/service.balance/logic"
	balanceproto "farthing/service.balance/proto"
)

// Extend holds more money, as the next change of a hold. Being declined is an outcome, not an error.
func (h *Handler) Extend(
	ctx context.Context, req *balanceproto.ExtendRequest,
) (*balanceproto.ExtendResponse, error) {
	if err := checkHold(req.GetAccountId(), req.GetHoldId()); err != nil {
		return nil, err
	}
	amount, err := h.amountOn(ctx, req.GetAccountId(), req.GetAmount())
	if err != nil {
		return nil, err
	}
	control, err := controlOf(req.GetControl(), req.GetRefusal())
	if err != nil {
		return nil, err
	}
	decision, err := h.ledger.Extend(
		ctx, req.GetAccountId(), req.GetHoldId(), req.GetChange(), amount.Minor, logic.Reason(req.GetRefusal()),
		req.GetForced(), control,
	)
	if err != nil {
		return nil, fmt.Errorf("extending a hold: %w", err)
	}
	rsp := &balanceproto.ExtendResponse{Outcome: outcomeOf(decision.Entry), DeclineReason: reasonOf(decision.Entry)}
	if decision.Entry.Sequence > 0 { // A fence knows no balance.
		rsp.Balance = moneyOf(decision.Entry.Available(), amount.Currency)
	}
	return rsp, nil
}
