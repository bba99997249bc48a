package handler

import (
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/service.balance/logic"
	balanceproto "farthing/service.balance/proto"
)

// SettleHold answers what became of a hold, or of one of its changes: one that was never made is fenced, or
// not_found.hold without a reason to.
func (h *Handler) SettleHold(
	ctx context.Context, req *balanceproto.SettleHoldRequest,
) (*balanceproto.SettleHoldResponse, error) {
	if err := checkHold(req.GetAccountId(), req.GetHoldId()); err != nil {
		return nil, err
	}
	reason := logic.Reason(req.GetReason())
	if reason != logic.NoReason && reason != logic.TimedOut && reason != logic.Reversed {
		return nil, errs.BadParam("reason", "must be TIMED_OUT or REVERSED, or none")
	}
	entry, err := h.ledger.SettleHold(ctx, req.GetAccountId(), req.GetHoldId(), req.GetChange(), reason)
	if err != nil {
		return nil, err
	}
	rsp := &balanceproto.SettleHoldResponse{
		Outcome: outcomeOf(entry), DeclineReason: reasonOf(entry), TransactionId: entry.TransactionID,
		DecidedMs: entry.At.UnixMilli(),
	}
	rsp.Amount, err = h.in(ctx, entry.Account, entry.HeldChange)
	return rsp, err
}

// Disown takes a hold that nobody was told of from whoever asks for it later.
func (h *Handler) Disown(
	ctx context.Context, req *balanceproto.DisownRequest,
) (*balanceproto.DisownResponse, error) {
	if err := checkHold(req.GetAccountId(), req.GetHoldId()); err != nil {
		return nil, err
	}
	disowned, err := h.ledger.Disown(ctx, req.GetAccountId(), req.GetHoldId(), req.GetUnrecorded())
	return &balanceproto.DisownResponse{Disowned: disowned}, err
}

// Release gives a hold back, or some of it, as its next change.
func (h *Handler) Release(
	ctx context.Context, req *balanceproto.ReleaseRequest,
) (*balanceproto.ReleaseResponse, error) {
	if err := checkHold(req.GetAccountId(), req.GetHoldId()); err != nil {
		return nil, err
	}
	var minor int64 // All of it.
	if req.GetAmount() != nil {
		amount, err := h.amountOn(ctx, req.GetAccountId(), req.GetAmount())
		if err != nil {
			return nil, err
		}
		minor = amount.Minor
	}
	entry, err := h.ledger.Release(ctx, req.GetAccountId(), req.GetHoldId(), req.GetChange(), minor)
	if err != nil {
		return nil, fmt.Errorf("releasing a hold: %w", err)
	}
	rsp := &balanceproto.ReleaseResponse{}
	if rsp.Amount, err = h.in(ctx, entry.Account, -entry.HeldChange); err != nil {
		return nil, err
	}
	rsp.Balance, err = h.in(ctx, entry.Account, entry.Available())
	return rsp, err
}

func checkHold(accountID, holdID string) error {
	if accountID == "" {
		return errs.MissingParam("account_id")
	}
	return id.Check("hold_id", "hold", holdID)
}
