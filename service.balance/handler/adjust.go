package handler

import (
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/service.balance/logic"
	balanceproto "farthing/service.balance/proto"
)

// Adjust moves money between an account and one of the bank's own, or between two of these.
func (h *Handler) Adjust(ctx context.Context, req *balanceproto.AdjustRequest) (*balanceproto.AdjustResponse, error) {
	a, err := adjustmentOf(req)
	if err != nil {
		return nil, err
	}
	journal, entry, err := h.bookkeeper.Adjust(ctx, a)
	if err != nil {
		return nil, fmt.Errorf("adjusting: %w", err)
	}
	rsp := &balanceproto.AdjustResponse{JournalId: journal.ID}
	if logic.OwnName(entry.Account) == "" {
		rsp.Balance = moneyOf(entry.Available(), a.Amount.Currency)
	}
	return rsp, nil
}

func adjustmentOf(req *balanceproto.AdjustRequest) (logic.Adjustment, error) {
	a := logic.Adjustment{ID: req.GetAdjustmentId()}
	var err error
	switch {
	case a.ID == "":
		return a, errs.MissingParam("adjustment_id")
	case len(a.ID) > dedupeIDMax:
		return a, errs.BadParam("adjustment_id", "must be at most 64 characters")
	}
	if a.Amount, err = positive(req.GetAmount()); err != nil {
		return a, err
	}
	a.From, a.To, err = twoPlaces(req.GetFrom(), req.GetTo())
	return a, err
}
