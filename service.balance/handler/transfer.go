package handler

import (
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/service.balance/logic"
	balanceproto "farthing/service.balance/proto"
)

// Transfer moves money between two accounts, or declines to for want of it. Being declined is an outcome, not an error.
func (h *Handler) Transfer(
	ctx context.Context, req *balanceproto.TransferRequest,
) (*balanceproto.TransferResponse, error) {
	t, err := transferOf(req)
	if err != nil {
		return nil, err
	}
	moved, err := h.bookkeeper.Transfer(ctx, t)
	if err != nil {
		return nil, fmt.Errorf("transferring: %w", err)
	}
	rsp := &balanceproto.TransferResponse{
		JournalId: moved.Journal, DecidedMs: moved.Debit.At.UnixMilli(), DeclineReason: reasonOf(moved.Debit),
		Outcome: balanceproto.Outcome_OUTCOME_APPROVED,
	}
	if t.From.Account != "" {
		rsp.FromBalance = moneyOf(moved.Debit.Available(), t.Amount.Currency)
	}
	if moved.Debit.Kind == logic.Declined {
		rsp.Outcome = balanceproto.Outcome_OUTCOME_DECLINED
		return rsp, nil
	}
	if t.To.Account != "" {
		rsp.ToBalance = moneyOf(moved.Credit.Available(), t.Amount.Currency)
	}
	return rsp, nil
}

func transferOf(req *balanceproto.TransferRequest) (logic.Transfer, error) {
	t := logic.Transfer{DedupeID: req.GetDedupeId(), Spending: req.GetSpending()}
	var err error
	if t.From, t.To, err = twoPlaces(req.GetFrom(), req.GetTo()); err != nil {
		return t, err
	}
	switch {
	case t.DedupeID == "":
		return t, errs.MissingParam("dedupe_id")
	case len(t.DedupeID) > dedupeIDMax:
		return t, errs.BadParam("dedupe_id", "must be at most 64 characters")
	}
	t.Amount, err = positive(req.GetAmount())
	return t, err
}

// GetTransfer is a transfer that was asked for, as far as it has come. It makes none.
func (h *Handler) GetTransfer(
	ctx context.Context, req *balanceproto.GetTransferRequest,
) (*balanceproto.GetTransferResponse, error) {
	if req.GetDedupeId() == "" {
		return nil, errs.MissingParam("dedupe_id")
	}
	journal, err := h.bookkeeper.FindTransfer(ctx, req.GetDedupeId())
	if err != nil {
		return nil, fmt.Errorf("looking for a transfer: %w", err)
	}
	rsp := &balanceproto.GetTransferResponse{
		JournalId: journal.ID, State: balanceproto.TransferState_TRANSFER_STATE_OPEN,
		From: placeProto(logic.PlaceOf(journal.Legs[0].Account)), To: placeProto(logic.PlaceOf(journal.Legs[1].Account)),
		Amount: moneyOf(journal.Legs[1].Amount.Minor, journal.Legs[1].Amount.Currency),
	}
	switch {
	case journal.Finished:
		rsp.State = balanceproto.TransferState_TRANSFER_STATE_POSTED
	case journal.Void:
		rsp.State = balanceproto.TransferState_TRANSFER_STATE_DECLINED
	}
	return rsp, nil
}
