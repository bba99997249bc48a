package handler

import (
	"context"
	"fmt"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/service.transactions/logic"
	transactionsproto "farthing/service.transactions/proto"
	"farthing/service.transactions/storage"
)

// Get is one transaction, with a client's metadata: not_found.transaction if there is none.
func (h *Handler) Get(ctx context.Context, req *transactionsproto.GetRequest) (*transactionsproto.GetResponse, error) {
	if req.GetTransactionId() == "" {
		return nil, errs.MissingParam("transaction_id")
	}
	_, parts, err := h.transactions.Find(ctx, req.GetTransactionId())
	if err != nil {
		return nil, err
	}
	merged := logic.Merge(parts, req.GetClientId())
	if merged == nil {
		return nil, errs.Missing("transaction")
	}
	if err := h.unseal(ctx, merged); err != nil {
		return nil, err
	}
	return &transactionsproto.GetResponse{Transaction: merged}, nil
}

const listMax = 100

// List is an account's transactions, oldest first.
func (h *Handler) List(
	ctx context.Context, req *transactionsproto.ListRequest,
) (*transactionsproto.ListResponse, error) {
	window, err := h.windowOf(req)
	if err != nil {
		return nil, err
	}
	found, err := h.transactions.List(ctx, window)
	if err != nil {
		return nil, fmt.Errorf("listing transactions: %w", err)
	}
	rsp := &transactionsproto.ListResponse{}
	for _, parts := range found {
		if merged := logic.Merge(parts, req.GetClientId()); merged != nil {
			rsp.Transactions = append(rsp.Transactions, merged)
		}
	}
	return rsp, h.unseal(ctx, rsp.GetTransactions()...)
}

func (h *Handler) windowOf(req *transactionsproto.ListRequest) (storage.Window, error) {
	window := storage.Window{
		Account: req.GetAccountId(), From: time.UnixMilli(req.GetSinceMs()).UTC(), AfterID: req.GetSinceId(),
		Before: h.clock.Now().Add(time.Hour), // Beyond any id there is: makers' clocks differ a little.
		Limit:  int(req.GetLimit()),
	}
	if req.GetBeforeMs() != 0 {
		window.Before = time.UnixMilli(req.GetBeforeMs()).UTC()
	}
	switch {
	case window.Account == "":
		return window, errs.MissingParam("account_id")
	case window.Limit < 1 || window.Limit > listMax:
		return window, errs.BadParam("limit", "must be from 1 to 100")
	case req.GetSinceMs() < 0:
		return window, errs.BadParam("since_ms", "must not be negative")
	case req.GetBeforeMs() < 0:
		return window, errs.BadParam("before_ms", "must not be negative")
	case req.GetSinceMs() != 0 && req.GetSinceId() != "":
		return window, errs.BadParam("since_id", "excludes since_ms")
	}
	if req.GetSinceId() != "" {
		created, err := id.Time("since_id", "tx", req.GetSinceId())
		if err != nil {
			return window, err
		}
		window.From = created
	}
	return window, nil
}

// accountsMax bounds a page of ListAccounts.
const accountsMax = 200

// ListAccounts is some of the accounts that may have transactions.
func (h *Handler) ListAccounts(
	ctx context.Context, req *transactionsproto.ListAccountsRequest,
) (*transactionsproto.ListAccountsResponse, error) {
	if req.GetLimit() < 1 || req.GetLimit() > accountsMax {
		return nil, errs.BadParam("limit", "must be from 1 to 200")
	}
	accounts, next, err := h.transactions.Accounts(ctx, req.GetAfter(), int(req.GetLimit()))
	return &transactionsproto.ListAccountsResponse{AccountIds: accounts, Next: next}, err
}
