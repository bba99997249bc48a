package handler

import (
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/service.account/logic"
	accountproto "farthing/service.account/proto"
)

// Get is one account: not_found.account if there is none.
func (h *Handler) Get(ctx context.Context, req *accountproto.GetRequest) (*accountproto.GetResponse, error) {
	if err := id.Check("account_id", "acc", req.GetAccountId()); err != nil {
		return nil, err
	}
	account, found, err := h.accounts.Find(ctx, req.GetAccountId())
	switch {
	case err != nil:
		return nil, fmt.Errorf("getting an account: %w", err)
	case !found:
		return nil, errs.Missing("account")
	}
	return &accountproto.GetResponse{Account: accountProto(account)}, nil
}

// Find is the account with a number: not_found.account if there is none.
func (h *Handler) Find(ctx context.Context, req *accountproto.FindRequest) (*accountproto.FindResponse, error) {
	switch {
	case req.GetSortCode() == "":
		return nil, errs.MissingParam("sort_code")
	case req.GetAccountNumber() == "":
		return nil, errs.MissingParam("account_number")
	}
	accountID, taken, err := h.accounts.Numbered(ctx, req.GetSortCode(), req.GetAccountNumber())
	if err == nil && !taken {
		err = errs.Missing("account")
	}
	if err != nil {
		return nil, err
	}
	found, err := h.Get(ctx, &accountproto.GetRequest{AccountId: accountID})
	return &accountproto.FindResponse{Account: found.GetAccount()}, err
}

// listMax is how many accounts of a user are listed.
const listMax = 100

// List is a user's accounts, oldest first; none for a user who has none, or whom there is not.
func (h *Handler) List(ctx context.Context, req *accountproto.ListRequest) (*accountproto.ListResponse, error) {
	if err := id.Check("user_id", "user", req.GetUserId()); err != nil {
		return nil, err
	}
	accounts, err := h.accounts.List(ctx, req.GetUserId(), listMax)
	if err != nil {
		return nil, err
	}
	rsp := &accountproto.ListResponse{}
	for _, account := range accounts {
		rsp.Accounts = append(rsp.Accounts, accountProto(account))
	}
	return rsp, nil
}

func accountProto(a logic.Account) *accountproto.Account {
	return &accountproto.Account{
		Id: a.ID, UserId: a.User, Type: a.Type, Currency: a.Currency, SortCode: a.SortCode, AccountNumber: a.Number,
		Closed: a.Closed, CreatedMs: a.Created.UnixMilli(),
	}
}
