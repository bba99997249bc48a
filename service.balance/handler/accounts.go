package handler

import (
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/money"
	moneyproto "farthing/pkg/money/proto"
	balanceproto "farthing/service.balance/proto"
)

// Open starts an account's ledger at zero. Repeating it is harmless; in another currency it is conflict.currency.
func (h *Handler) Open(ctx context.Context, req *balanceproto.OpenRequest) (*balanceproto.OpenResponse, error) {
	if err := id.Check("account_id", "acc", req.GetAccountId()); err != nil {
		return nil, err
	}
	if err := money.CheckCurrency("currency", req.GetCurrency()); err != nil {
		return nil, err
	}
	if err := h.accounts.Open(ctx, req.GetAccountId(), req.GetCurrency()); err != nil {
		return nil, fmt.Errorf("opening a ledger: %w", err)
	}
	return &balanceproto.OpenResponse{}, nil
}

// dedupeIDMax bounds a caller's own ids.
const dedupeIDMax = 64

// PayIn posts money from outside. A repeat of a dedupe_id answers what happened the first time.
func (h *Handler) PayIn(ctx context.Context, req *balanceproto.PayInRequest) (*balanceproto.PayInResponse, error) {
	amount, err := positive(req.GetAmount())
	switch {
	case req.GetAccountId() == "":
		return nil, errs.MissingParam("account_id")
	case req.GetDedupeId() == "":
		return nil, errs.MissingParam("dedupe_id")
	case len(req.GetDedupeId()) > dedupeIDMax:
		return nil, errs.BadParam("dedupe_id", "must be at most 64 characters")
	case err != nil:
		return nil, err
	}
	journal, entry, err := h.bookkeeper.PayIn(ctx, req.GetAccountId(), amount, req.GetDedupeId())
	if err != nil {
		return nil, fmt.Errorf("paying in: %w", err)
	}
	return &balanceproto.PayInResponse{
		JournalId: journal.ID,
		Balance:   moneyOf(entry.Available(), amount.Currency),
	}, nil
}

// GetBalance is what an account has, can spend, and has spent today.
func (h *Handler) GetBalance(
	ctx context.Context, req *balanceproto.GetBalanceRequest,
) (*balanceproto.GetBalanceResponse, error) {
	if req.GetAccountId() == "" {
		return nil, errs.MissingParam("account_id")
	}
	state, spent, err := h.ledger.Balance(ctx, req.GetAccountId())
	if err != nil {
		return nil, fmt.Errorf("reading a balance: %w", err)
	}
	in := func(minor int64) *moneyproto.Money { return &moneyproto.Money{Minor: minor, Currency: state.Currency} }
	return &balanceproto.GetBalanceResponse{
		Available: in(state.Available()), Posted: in(state.Posted), Held: in(state.Held), SpendToday: in(-spent),
		OpenHolds: state.OpenHolds,
	}, nil
}

const entriesMax = 1_000

// ListEntries is an account's ledger in order.
func (h *Handler) ListEntries(
	ctx context.Context, req *balanceproto.ListEntriesRequest,
) (*balanceproto.ListEntriesResponse, error) {
	switch {
	case req.GetAccountId() == "":
		return nil, errs.MissingParam("account_id")
	case req.GetLimit() < 1 || req.GetLimit() > entriesMax:
		return nil, errs.BadParam("limit", "must be from 1 to 1000")
	}
	currency, err := h.ledger.Currency(ctx, req.GetAccountId())
	if err != nil {
		return nil, fmt.Errorf("listing entries: %w", err)
	}
	entries, err := h.accounts.List(ctx, req.GetAccountId(), req.GetAfterSequence(), int(req.GetLimit()))
	if err != nil {
		return nil, err
	}
	rsp := &balanceproto.ListEntriesResponse{}
	for _, entry := range entries {
		rsp.Entries = append(rsp.Entries, entryProto(entry, currency))
	}
	return rsp, nil
}
