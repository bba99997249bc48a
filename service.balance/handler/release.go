package handler

import (
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	moneyproto "farthing/pkg/money/proto"
	balanceproto "farthing/service.balance/proto"
)

// Release gives a hold back in full, once; a hold that was never made is fenced. That there was nothing to give back
// is an outcome, not an error.
func (h *Handler) Release(
	ctx context.Context, req *balanceproto.ReleaseRequest,
) (*balanceproto.ReleaseResponse, error) {
	if req.GetAccountId() == "" {
		return nil, errs.MissingParam("account_id")
	}
	if err := id.Check("hold_id", "hold", req.GetHoldId()); err != nil {
		return nil, err
	}
	if req.GetIfUnanswered() {
		disowned, err := h.ledger.Disown(ctx, req.GetAccountId(), req.GetHoldId())
		if err != nil || !disowned {
			return &balanceproto.ReleaseResponse{}, err
		}
	}
	entry, released, err := h.ledger.Release(ctx, req.GetAccountId(), req.GetHoldId())
	if err != nil {
		return nil, fmt.Errorf("releasing a hold: %w", err)
	}
	currency, err := h.ledger.Currency(ctx, req.GetAccountId())
	if err != nil {
		return nil, fmt.Errorf("releasing a hold: %w", err)
	}
	return &balanceproto.ReleaseResponse{
		Released: released,
		Amount:   &moneyproto.Money{Minor: -entry.HeldChange, Currency: currency},
	}, nil
}
