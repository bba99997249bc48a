package handler

import (
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/service.account/logic"
	accountproto "farthing/service.account/proto"
	balanceproto "farthing/service.balance/proto"
)

// dedupeIDMax bounds a caller's own ids.
const dedupeIDMax = 64

// Open makes an account with a number never used before, and its ledger. A repeat of a user's dedupe_id goes on where
// the first call stopped, and answers the same account; for another type or currency it is conflict.dedupe_id.
func (h *Handler) Open(ctx context.Context, req *accountproto.OpenRequest) (*accountproto.OpenResponse, error) {
	asked := logic.Account{User: req.GetUserId(), Type: req.GetType(), Currency: req.GetCurrency()}
	if err := checkOpen(req, asked); err != nil {
		return nil, err
	}
	asked.ID = h.ids.New("acc")
	accountID, err := h.accounts.Begin(ctx, req.GetDedupeId(), asked)
	if err != nil {
		return nil, err
	}
	asked.ID = accountID
	account, found, err := h.accounts.Find(ctx, accountID)
	if err == nil && !found {
		account, err = h.open(ctx, asked)
	}
	if err != nil {
		return nil, fmt.Errorf("opening an account: %w", err)
	}
	return &accountproto.OpenResponse{Account: accountProto(account)}, nil
}

func checkOpen(req *accountproto.OpenRequest, asked logic.Account) error {
	switch {
	case req.GetDedupeId() == "":
		return errs.MissingParam("dedupe_id")
	case len(req.GetDedupeId()) > dedupeIDMax:
		return errs.BadParam("dedupe_id", "must be at most 64 bytes")
	}
	if err := id.Check("user_id", "user", asked.User); err != nil {
		return err
	}
	return asked.Check()
}

// open does what is not done yet; every step keeps what an earlier or simultaneous call has done. The account itself
// is written last, so that nobody ever sees one without a ledger.
func (h *Handler) open(ctx context.Context, account logic.Account) (logic.Account, error) {
	created, err := id.Time("account_id", "acc", account.ID)
	if err != nil {
		return logic.Account{}, err
	}
	number, err := h.number(ctx, account.ID)
	if err != nil {
		return logic.Account{}, err
	}
	_, err = h.balance.Open(ctx, &balanceproto.OpenRequest{AccountId: account.ID, Currency: account.Currency})
	if err != nil {
		return logic.Account{}, fmt.Errorf("opening its ledger: %w", err)
	}
	account.SortCode, account.Number, account.Created = logic.SortCode, number, created
	opened, isNew, err := h.accounts.Insert(ctx, account)
	if isNew {
		h.opened.Inc()
	}
	return opened, err
}

// attemptsMax is how many numbers may be another account's before something must be wrong: with a million accounts
// open, one in a hundred is.
const attemptsMax = 16

func (h *Handler) number(ctx context.Context, accountID string) (string, error) {
	for attempt := range attemptsMax {
		number := h.numberOf(accountID, attempt)
		claimed, err := h.accounts.Claim(ctx, logic.SortCode, number, accountID)
		if err != nil || claimed {
			return number, err
		}
		h.collisions.Inc()
	}
	return "", errs.Newf(errs.Internal, "%d numbers for %s were all taken", attemptsMax, accountID)
}
