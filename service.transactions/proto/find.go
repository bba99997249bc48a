package transactionsproto

import (
	"context"

	"farthing/pkg/errs"
)

// Find is Get, and nil for a transaction that is not recorded.
func Find(ctx context.Context, transactions TransactionsClient, transactionID string) (*Transaction, error) {
	found, err := transactions.Get(ctx, &GetRequest{TransactionId: transactionID})
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	return found.GetTransaction(), err
}
