package handler

import (
	"context"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	transactionsproto "farthing/service.transactions/proto"
)

// DeclineUnknownCard records an attempt with a card that is nobody's. A repeat answers the first id.
func (h *Handler) DeclineUnknownCard(
	ctx context.Context, req *transactionsproto.DeclineUnknownCardRequest,
) (*transactionsproto.DeclineUnknownCardResponse, error) {
	if err := checkUnknownCard(req); err != nil {
		return nil, err
	}
	transactionID, err := h.transactions.DeclineUnknownCard(ctx, h.ids.New("tx"), req)
	if err != nil {
		return nil, err
	}
	return &transactionsproto.DeclineUnknownCardResponse{TransactionId: transactionID}, nil
}

// checkUnknownCard also sees to it that no more of a card's number is kept than may be shown.
func checkUnknownCard(req *transactionsproto.DeclineUnknownCardRequest) error {
	if err := id.Check("hold_id", "hold", req.GetHoldId()); err != nil {
		return err
	}
	if n := len(req.GetLastFour()); n != 0 && n != 4 {
		return errs.BadParam("last_four", "must be four digits, or empty")
	}
	return checkPurchase(req.GetPurchase())
}
