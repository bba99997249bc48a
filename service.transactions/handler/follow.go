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

// Follow shows how a card payment went on after its authorisation, or records one that begins without. A version at or
// below the one that is there changes nothing and tells nobody; repeating it is harmless.
func (h *Handler) Follow(
	ctx context.Context, req *transactionsproto.FollowRequest,
) (*transactionsproto.FollowResponse, error) {
	if err := checkFollow(req); err != nil {
		return nil, err
	}
	parts, err := h.transactions.PartsOf(ctx, req.GetAccountId(), req.GetTransactionId())
	if err != nil {
		return nil, err
	}
	if logic.Newest(parts, logic.Progress) >= req.GetVersion() {
		return &transactionsproto.FollowResponse{}, nil
	}
	amendment := storage.Amendment{ID: req.GetTransactionId(), Add: []logic.Part{progressOf(req)}}
	if req.GetBeginning() != nil && logic.Newest(parts, logic.Record) == 0 {
		if err := h.begin(ctx, req, &amendment); err != nil {
			return nil, err
		}
	}
	// Without a Record there is nothing to tell yet: its writer is still at it, and will tell of all.
	if merged := logic.Merge(append(parts, amendment.Add...), ""); merged != nil {
		told, err := h.changed(ctx, recorded, &transactionsevents.TransactionChanged{Transaction: merged})
		if err != nil {
			return nil, err
		}
		amendment.Tell = []events.Event{told}
	}
	return &transactionsproto.FollowResponse{}, h.transactions.Amend(ctx, req.GetAccountId(), amendment)
}

// begin makes an amendment one that begins its transaction.
func (h *Handler) begin(ctx context.Context, req *transactionsproto.FollowRequest, a *storage.Amendment) error {
	first, err := beginningOf(req)
	if err != nil {
		return err
	}
	a.Begins, a.Add = true, append(a.Add, first)
	return h.transactions.Announce(ctx, req.GetAccountId(), req.GetTransactionId())
}

func checkFollow(req *transactionsproto.FollowRequest) error {
	switch {
	case req.GetAccountId() == "":
		return errs.MissingParam("account_id")
	case req.GetVersion() < 1:
		return errs.BadParam("version", "must be at least 1")
	case req.GetStatus() == transactionsproto.Status_STATUS_UNSPECIFIED:
		return errs.MissingParam("status")
	case req.GetAmount() == nil:
		return errs.MissingParam("amount")
	case req.GetAtMs() == 0:
		return errs.MissingParam("at_ms")
	}
	if begins := req.GetBeginning(); begins != nil && begins.GetDescriptor_() == "" {
		return errs.MissingParam("beginning.descriptor")
	}
	return id.Check("transaction_id", "tx", req.GetTransactionId())
}

func progressOf(req *transactionsproto.FollowRequest) logic.Part {
	return logic.Part{
		ID: req.GetTransactionId(), Facet: logic.Progress, Version: req.GetVersion(),
		State: &transactionsproto.Transaction{
			Status: req.GetStatus(), Amount: req.GetAmount(), LocalAmount: req.GetLocalAmount(), Balance: req.GetBalance(),
			UpdatedMs: req.GetAtMs(), SettledMs: req.GetSettledMs(), Quiet: req.GetQuiet(),
			Rate: req.GetRate(), Dispute: req.GetDispute(), Attached: req.GetAttached(),
		},
	}
}

func beginningOf(req *transactionsproto.FollowRequest) (logic.Part, error) {
	created, err := id.Time("transaction_id", "tx", req.GetTransactionId())
	local := req.GetLocalAmount()
	if local == nil {
		local = req.GetAmount()
	}
	begins := req.GetBeginning()
	return logic.Part{
		ID: req.GetTransactionId(), Facet: logic.Record, Version: logic.RecordVersion(0),
		State: &transactionsproto.Transaction{
			Id: req.GetTransactionId(), AccountId: req.GetAccountId(), UserId: begins.GetUserId(), CardId: begins.GetCardId(),
			HoldId: begins.GetHoldId(), Status: req.GetStatus(), Amount: req.GetAmount(), LocalAmount: local,
			Descriptor_: begins.GetDescriptor_(), Mcc: begins.GetMcc(), Scheme: begins.GetScheme(),
			CreatedMs: created.UnixMilli(), UpdatedMs: req.GetAtMs(), Rate: req.GetRate(),
			Refund: begins.GetRefund(),
		},
	}, err
}
