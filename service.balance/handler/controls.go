package handler

import (
	"context"

	"farthing/pkg/errs"
	"farthing/service.balance/logic"
	balanceproto "farthing/service.balance/proto"
)

// Explain is why a hold, or one of its changes, was decided as it was.
func (h *Handler) Explain(
	ctx context.Context, req *balanceproto.ExplainRequest,
) (*balanceproto.ExplainResponse, error) {
	if err := checkHold(req.GetAccountId(), req.GetHoldId()); err != nil {
		return nil, err
	}
	entry, err := h.ledger.Explain(ctx, req.GetAccountId(), req.GetHoldId(), req.GetChange())
	if err != nil {
		return nil, err
	}
	return &balanceproto.ExplainResponse{
		Outcome: outcomeOf(entry), DeclineReason: reasonOf(entry), Checks: logic.ChecksProto(entry.Checks),
		ControlSetId: entry.ControlSet, DecidedMs: entry.At.UnixMilli(),
	}, nil
}

// GetHold is what is left of a hold after all its changes.
func (h *Handler) GetHold(
	ctx context.Context, req *balanceproto.GetHoldRequest,
) (*balanceproto.GetHoldResponse, error) {
	if err := checkHold(req.GetAccountId(), req.GetHoldId()); err != nil {
		return nil, err
	}
	left, changes, err := h.ledger.HoldNow(ctx, req.GetAccountId(), req.GetHoldId())
	if err != nil {
		return nil, err
	}
	return &balanceproto.GetHoldResponse{RemainingMinor: left.Remaining, Changes: changes}, nil
}

const (
	controlTextMax = 64 // Of a set's id, and of a check's name and input.
	checksMax      = 16
	limitsMax      = 8
)

// controlOf is the control that a hold is to be made under.
func controlOf(sent *balanceproto.Control, refusal balanceproto.DeclineReason) (logic.Control, error) {
	c := logic.Control{
		Set: sent.GetSetId(), Cash: sent.GetCash(), Cashback: sent.GetCashbackMinor(),
		Checks: logic.ChecksOf(sent.GetChecks()),
	}
	switch {
	case len(c.Set) > controlTextMax:
		return c, errs.BadParam("control.set_id", "must be at most 64 bytes")
	case c.Cashback < 0, c.Cashback > 0 && c.Cash:
		return c, errs.BadParam("control.cashback_minor", "must not be negative, and none of a payment of cash alone")
	case len(c.Checks) > checksMax:
		return c, errs.BadParam("control.checks", "must be at most 16")
	case len(sent.GetLimits()) > limitsMax:
		return c, errs.BadParam("control.limits", "must be at most 8")
	case len(sent.GetLimits()) > 0 && c.Set == "":
		return c, errs.MissingParam("control.set_id")
	}
	for i, check := range c.Checks {
		isLast := i == len(c.Checks)-1
		switch failed := check.Verdict == logic.Failed; {
		case check.Verdict != logic.Passed && !failed, len(check.Name) > controlTextMax, len(check.Input) > controlTextMax:
			return c, errs.BadParam("control.checks", "must have passed or failed, with a short name and input")
		case failed && (!isLast || refusal == 0), isLast && !failed && refusal != 0:
			return c, errs.BadParam("control.checks", "must end with the one that failed if there is a refusal")
		}
	}
	for _, limit := range sent.GetLimits() {
		if _, known := balanceproto.Window_name[int32(limit.GetWindow())]; !known || limit.GetWindow() == 0 {
			return c, errs.BadParam("control.limits", "must be of windows that there are")
		}
		if limit.GetMinor() < 0 {
			return c, errs.BadParam("control.limits", "must not be negative")
		}
		c.Limits = append(c.Limits, logic.Limit{Window: logic.Window(limit.GetWindow()), Minor: limit.GetMinor()})
	}
	return c, nil
}
