package balanceproto

import (
	"context"

	"farthing/pkg/errs"
)

// FindTransfer is GetTransfer, and nil for one that nobody has asked for.
func FindTransfer(ctx context.Context, balance BalanceClient, dedupeID string) (*GetTransferResponse, error) {
	made, err := balance.GetTransfer(ctx, &GetTransferRequest{DedupeId: dedupeID})
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	return made, err
}
