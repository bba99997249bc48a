package caller

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/pkg/id"
	accountproto "farthing/service.account/proto"
)

// Own is the caller's own account, while reads that do not need it run beside it: they save a hop, and must change
// nothing. An account of somebody else is not_found.account, word for word as one that does not exist, whatever became
// of the reads; their failures count only after that.
func Own(
	req edge.Request, accounts accountproto.AccountsClient, accountID string, beside ...func(context.Context) error,
) (*accountproto.Account, error) {
	if id.Check("account_id", "acc", accountID) != nil {
		return nil, errs.Missing("account")
	}
	ctx, cancel := context.WithCancel(req.Context())
	defer cancel()
	var reading sync.WaitGroup
	defer reading.Wait()
	failures := make([]error, len(beside))
	for i, read := range beside {
		reading.Go(func() { failures[i] = read(ctx) })
	}
	account, err := own(ctx, Of(req), accounts, accountID)
	if err != nil {
		cancel() // What is being read is not for this caller.
		return nil, err
	}
	reading.Wait()
	return account, errors.Join(failures...)
}

func own(
	ctx context.Context, c Caller, accounts accountproto.AccountsClient, accountID string,
) (*accountproto.Account, error) {
	got, err := accounts.Get(ctx, &accountproto.GetRequest{AccountId: accountID})
	switch {
	case errs.Is(err, errs.NotFound):
		return nil, errs.Missing("account")
	case err != nil:
		return nil, fmt.Errorf("getting the account: %w", err)
	case c.UserID == "" || got.GetAccount().GetUserId() != c.UserID:
		return nil, errs.Missing("account")
	}
	return got.GetAccount(), nil
}
