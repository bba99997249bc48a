package handler

import (
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/pkg/events"
	"farthing/service.transactions/logic"
	transactionsproto "farthing/service.transactions/proto"
	transactionsevents "farthing/service.transactions/proto/events"
	"farthing/service.transactions/storage"
)

// Enrich adds the merchant to a transaction, and tells of the whole. A version at or below the one that is there
// changes nothing and tells nobody; repeating it is harmless.
func (h *Handler) Enrich(
	ctx context.Context, req *transactionsproto.EnrichRequest,
) (*transactionsproto.EnrichResponse, error) {
	if err := checkEnrich(req); err != nil {
		return nil, err
	}
	parts, err := h.transactions.PartsOf(ctx, req.GetAccountId(), req.GetTransactionId())
	if err != nil {
		return nil, err
	}
	added := logic.Part{
		ID: req.GetTransactionId(), Facet: logic.Enrichment, Version: req.GetVersion(),
		State: &transactionsproto.Transaction{Merchant: req.GetMerchant(), Category: req.GetCategory()},
	}
	merged := logic.Merge(append(parts, added), "")
	switch {
	case merged == nil:
		return nil, errs.Missing("transaction")
	case logic.Told(parts) == merged.GetVersion(): // The event rode in the batch of the row that says so.
		return &transactionsproto.EnrichResponse{}, nil
	}
	added.State.Version = merged.GetVersion()
	told, err := h.changed(ctx, enriched, &transactionsevents.TransactionChanged{
		Transaction: merged, First: logic.Told(parts) == 0,
	})
	if err != nil {
		return nil, err
	}
	amendment := storage.Amendment{ID: added.ID, Add: []logic.Part{added}, Tell: []events.Event{told}}
	if err := h.transactions.Amend(ctx, req.GetAccountId(), amendment); err != nil {
		return nil, err
	}
	return &transactionsproto.EnrichResponse{}, nil
}

func checkEnrich(req *transactionsproto.EnrichRequest) error {
	switch {
	case req.GetTransactionId() == "":
		return errs.MissingParam("transaction_id")
	case req.GetAccountId() == "":
		return errs.MissingParam("account_id")
	case req.GetMerchant().GetId() == "":
		return errs.MissingParam("merchant.id")
	case req.GetVersion() < 1 || req.GetVersion() > logic.EnrichmentVersionMax:
		return errs.BadParam("version", fmt.Sprintf("must be from 1 to %d", logic.EnrichmentVersionMax))
	}
	return nil
}
