package handler

import (
	"context"

	"farthing/pkg/errs"
	"farthing/pkg/events"
	"farthing/pkg/id"
	"farthing/service.transactions/logic"
	transactionsproto "farthing/service.transactions/proto"
	transactionsevents "farthing/service.transactions/proto/events"
	"farthing/service.transactions/storage"
)

// Record writes down what is no card payment. A version at or below the one that is there changes nothing and tells
// nobody; repeating it is harmless. A later version than the first is not_found.transaction without that.
func (h *Handler) Record(
	ctx context.Context, req *transactionsproto.RecordRequest,
) (*transactionsproto.RecordResponse, error) {
	if err := checkRecord(req); err != nil {
		return nil, err
	}
	parts, err := h.transactions.PartsOf(ctx, req.GetAccountId(), req.GetTransactionId())
	if err != nil {
		return nil, err
	}
	if logic.Newest(parts, logic.Record)+logic.Newest(parts, logic.Progress) >= req.GetVersion() {
		return &transactionsproto.RecordResponse{}, nil
	}
	amendment, err := h.amendmentOf(ctx, req)
	if err != nil {
		return nil, err
	}
	merged := logic.Merge(append(parts, amendment.Add...), "")
	if merged == nil {
		return nil, errs.Missing("transaction")
	}
	// Nobody has to find out who was paid, so that it goes to feed and push as it is.
	told, err := h.changed(ctx, enriched, &transactionsevents.TransactionChanged{
		Transaction: merged, First: amendment.Begins,
	})
	if err != nil {
		return nil, err
	}
	amendment.Tell = []events.Event{told}
	return &transactionsproto.RecordResponse{}, h.transactions.Amend(ctx, req.GetAccountId(), amendment)
}

// amendmentOf is the part that a recording adds: the record itself, or how it went on.
func (h *Handler) amendmentOf(ctx context.Context, req *transactionsproto.RecordRequest) (storage.Amendment, error) {
	amendment := storage.Amendment{ID: req.GetTransactionId()}
	if req.GetVersion() > 1 {
		amendment.Add = []logic.Part{{
			ID: req.GetTransactionId(), Facet: logic.Progress, Version: req.GetVersion() - 1,
			State: &transactionsproto.Transaction{
				Status: req.GetStatus(), Amount: req.GetAmount(), LocalAmount: req.GetAmount(), Balance: req.GetBalance(),
				UpdatedMs: req.GetAtMs(), SettledMs: req.GetSettledMs(), Quiet: req.GetQuiet(),
			},
		}}
		return amendment, nil
	}
	first, err := h.recordOf(ctx, req)
	if err != nil {
		return amendment, err
	}
	amendment.Begins, amendment.Add = true, []logic.Part{first}
	return amendment, h.transactions.Announce(ctx, req.GetAccountId(), req.GetTransactionId())
}

func (h *Handler) recordOf(ctx context.Context, req *transactionsproto.RecordRequest) (logic.Part, error) {
	created, err := id.Time("transaction_id", "tx", req.GetTransactionId())
	if err != nil {
		return logic.Part{}, err
	}
	personal, err := h.sealed(ctx, req)
	return logic.Part{
		ID: req.GetTransactionId(), Facet: logic.Record, Version: logic.RecordVersion(0),
		State: &transactionsproto.Transaction{
			Id: req.GetTransactionId(), AccountId: req.GetAccountId(), UserId: req.GetUserId(), Kind: req.GetKind(),
			Status: req.GetStatus(), DeclineReason: req.GetDeclineReason(), Amount: req.GetAmount(),
			LocalAmount: req.GetAmount(), Descriptor_: req.GetDescription(), Scheme: req.GetScheme(),
			Category: req.GetCategory(), Metadata: req.GetMetadata(), OriginId: req.GetOriginId(), Sealed: personal,
			CreatedMs: created.UnixMilli(), UpdatedMs: req.GetAtMs(), SettledMs: req.GetSettledMs(),
			Balance: req.GetBalance(), Quiet: req.GetQuiet(),
		},
	}, err
}

// recordVersionMax leaves room in a transaction's version for what else grows it.
const recordVersionMax = 100

func checkRecord(req *transactionsproto.RecordRequest) error {
	switch {
	case req.GetAccountId() == "":
		return errs.MissingParam("account_id")
	case req.GetUserId() == "":
		return errs.MissingParam("user_id")
	case req.GetKind() == transactionsproto.Kind_KIND_UNSPECIFIED:
		return errs.MissingParam("kind")
	case req.GetVersion() < 1 || req.GetVersion() > recordVersionMax:
		return errs.BadParam("version", "must be from 1 to 100")
	case req.GetStatus() == transactionsproto.Status_STATUS_UNSPECIFIED:
		return errs.MissingParam("status")
	case req.GetAmount() == nil:
		return errs.MissingParam("amount")
	case req.GetScheme() == "":
		return errs.MissingParam("scheme")
	case req.GetAtMs() == 0:
		return errs.MissingParam("at_ms")
	case req.GetDescription() == "" && req.GetPersonal().GetCounterparty().GetName() == "":
		return errs.MissingParam("description")
	}
	return id.Check("transaction_id", "tx", req.GetTransactionId())
}
