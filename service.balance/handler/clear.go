package handler

import (
	"context"
	"fmt"
	"regexp"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/money"
	moneyproto "farthing/pkg/money/proto"
	"farthing/service.balance/logic"
	balanceproto "farthing/service.balance/proto"
)

// Clear posts what a merchant collects, and frees what was held for it.
func (h *Handler) Clear(ctx context.Context, req *balanceproto.ClearRequest) (*balanceproto.ClearResponse, error) {
	c, err := clearingOf(req.GetAccountId(), req.GetClearingId(), req.GetScheme(), req.GetAmount())
	if err != nil {
		return nil, err
	}
	if capture := req.GetCapture(); capture != nil {
		if err := checkCapture(capture, c.Amount); err != nil {
			return nil, err
		}
		c.Hold, c.Change, c.Captured = capture.GetHoldId(), capture.GetChange(), capture.GetAmount().GetMinor()
	}
	c.ControlSet, c.Cash = req.GetControlSetId(), req.GetCash()
	if len(c.ControlSet) > controlTextMax {
		return nil, errs.BadParam("control_set_id", "must be at most 64 bytes")
	}
	journal, entry, err := h.bookkeeper.Clear(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("clearing: %w", err)
	}
	return &balanceproto.ClearResponse{
		JournalId: journal.ID, Balance: moneyOf(entry.Available(), c.Amount.Currency),
	}, nil
}

// Refund posts what a merchant sends back.
func (h *Handler) Refund(ctx context.Context, req *balanceproto.RefundRequest) (*balanceproto.RefundResponse, error) {
	c, err := clearingOf(req.GetAccountId(), req.GetClearingId(), req.GetScheme(), req.GetAmount())
	if err != nil {
		return nil, err
	}
	journal, entry, err := h.bookkeeper.Refund(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("refunding: %w", err)
	}
	return &balanceproto.RefundResponse{
		JournalId: journal.ID, Balance: moneyOf(entry.Available(), c.Amount.Currency),
	}, nil
}

// ReverseRefund takes back what a merchant had sent back.
func (h *Handler) ReverseRefund(
	ctx context.Context, req *balanceproto.ReverseRefundRequest,
) (*balanceproto.ReverseRefundResponse, error) {
	c, err := clearingOf(req.GetAccountId(), req.GetClearingId(), req.GetScheme(), req.GetAmount())
	if err != nil {
		return nil, err
	}
	journal, entry, err := h.bookkeeper.ReverseRefund(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("reversing a refund: %w", err)
	}
	return &balanceproto.ReverseRefundResponse{
		JournalId: journal.ID, Balance: moneyOf(entry.Available(), c.Amount.Currency),
	}, nil
}

// scheme is what a card scheme's name looks like: it becomes part of an account's.
var scheme = regexp.MustCompile(`^[a-z]{1,20}$`)

func clearingOf(accountID, clearingID, schemeName string, sent *moneyproto.Money) (logic.Clearing, error) {
	amount, err := positive(sent)
	switch {
	case accountID == "":
		return logic.Clearing{}, errs.MissingParam("account_id")
	case clearingID == "":
		return logic.Clearing{}, errs.MissingParam("clearing_id")
	case len(clearingID) > dedupeIDMax:
		return logic.Clearing{}, errs.BadParam("clearing_id", "must be at most 64 characters")
	case !scheme.MatchString(schemeName):
		return logic.Clearing{}, errs.BadParam("scheme", "must be 1 to 20 lower case letters")
	}
	return logic.Clearing{Account: accountID, ID: clearingID, Scheme: schemeName, Amount: amount}, err
}

func checkCapture(c *balanceproto.Capture, cleared money.Amount) error {
	if err := id.Check("capture.hold_id", "hold", c.GetHoldId()); err != nil {
		return err
	}
	if minor := c.GetAmount().GetMinor(); minor < 1 || minor > cleared.Minor {
		return errs.BadParam("capture.amount", "must be more than zero, and at most what is cleared")
	}
	if c.GetAmount().GetCurrency() != cleared.Currency {
		return errs.BadParam("capture.amount.currency", "must be that of what is cleared")
	}
	return nil
}
