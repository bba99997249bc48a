package handler

import (
	"context"
	"fmt"
	"math/big"

	"farthing/pkg/errs"
	"farthing/pkg/events"
	"farthing/pkg/id"
	moneyproto "farthing/pkg/money/proto"
	"farthing/pkg/trace"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.transactions/logic"
	transactionsproto "farthing/service.transactions/proto"
	transactionsevents "farthing/service.transactions/proto/events"
	"farthing/service.transactions/storage"
)

// Authorise reserves the money and records the outcome. Being declined is an outcome, not an error. After
// timeout.outcome_unknown the same hold_id may be repeated.
func (h *Handler) Authorise(
	ctx context.Context, req *transactionsproto.AuthoriseRequest,
) (*transactionsproto.AuthoriseResponse, error) {
	refusal, err := checkAuthorise(req)
	if err != nil {
		return nil, err
	}
	reserved, announced, err := h.reserve(ctx, req, refusal)
	if err != nil {
		return nil, fmt.Errorf("reserving funds: %w", err)
	}
	nameTransaction(reserved, req.GetHoldId())
	trace.Annotate(ctx, "transaction_id", reserved.GetTransactionId())
	if err := h.record(ctx, req, reserved, announced); err != nil {
		// The money may be held, so that nothing less than "unknown" is true, whatever the store said of the record.
		return nil, errs.New(errs.OutcomeUnknown, "The outcome is not known; repeat with the same id").Because(err)
	}
	return &transactionsproto.AuthoriseResponse{
		TransactionId: reserved.GetTransactionId(),
		Approved:      reserved.GetOutcome() == balanceproto.Outcome_OUTCOME_APPROVED,
		DeclineReason: balanceproto.ReasonText(reserved.GetDeclineReason()),
		Balance:       reserved.GetBalance(),
		Amount:        reserved.GetAmount(),
		Cashback:      cashbackOf(reserved),
	}, nil
}

// cashbackOf is the cash of what is held, nil for none.
func cashbackOf(reserved *balanceproto.ReserveResponse) *moneyproto.Money {
	if reserved.GetCashbackMinor() == 0 {
		return nil
	}
	return &moneyproto.Money{Minor: reserved.GetCashbackMinor(), Currency: reserved.GetAmount().GetCurrency()}
}

// reserve asks the ledger. Meanwhile it announces the transaction that will be recorded unless the hold is a repeat,
// and answers its id, or none if that failed.
func (h *Handler) reserve(
	ctx context.Context, req *transactionsproto.AuthoriseRequest, refusal balanceproto.DeclineReason,
) (_ *balanceproto.ReserveResponse, announced string, _ error) {
	transactionID := h.ids.New("tx")
	announcing := h.transactions.Announcing(ctx, req.GetAccountId(), transactionID)
	reserved, err := h.balance.Reserve(ctx, &balanceproto.ReserveRequest{
		AccountId: req.GetAccountId(), HoldId: req.GetHoldId(), Amount: req.GetPurchase().GetAmount(),
		TransactionId: transactionID, Refusal: refusal, Forced: req.GetForced(), AcceptPartial: req.GetAcceptPartial(),
		Control: req.GetControl(),
	})
	if announcing() != nil {
		return reserved, "", err // The record will try again, and say what is wrong.
	}
	return reserved, transactionID, err
}

func checkAuthorise(req *transactionsproto.AuthoriseRequest) (balanceproto.DeclineReason, error) {
	switch {
	case req.GetAccountId() == "":
		return 0, errs.MissingParam("account_id")
	case req.GetCardId() == "":
		return 0, errs.MissingParam("card_id")
	}
	if err := checkPurchase(req.GetPurchase()); err != nil {
		return 0, err
	}
	refusal, ok := balanceproto.ReasonOf(req.GetRefusal())
	if !ok {
		return 0, errs.BadParam("refusal", "is not a reason to decline")
	}
	return refusal, id.Check("hold_id", "hold", req.GetHoldId())
}

func checkPurchase(purchase *transactionsproto.Purchase) error {
	switch {
	case purchase.GetAmount() == nil:
		return errs.MissingParam("purchase.amount")
	case purchase.GetDescriptor_() == "":
		return errs.MissingParam("purchase.descriptor")
	}
	return nil
}

// nameTransaction gives a name to the transaction of a hold that was fenced before anybody asked for it: the ledger
// knows none, and every repeat must answer the same one.
func nameTransaction(reserved *balanceproto.ReserveResponse, holdID string) {
	if reserved.GetTransactionId() != "" {
		return
	}
	if transmitted, err := id.Time("hold_id", "hold", holdID); err == nil {
		reserved.TransactionId = id.Derived("tx", transmitted, holdID)
	}
}

// record writes what the ledger answered. A repeat leaves the record as it is, because what the network says the second
// time may be worded otherwise; unless the ledger has given the hold up meanwhile.
func (h *Handler) record(
	ctx context.Context, req *transactionsproto.AuthoriseRequest, reserved *balanceproto.ReserveResponse, announced string,
) error {
	version := logic.RecordVersion(reserved.GetDeclineReason())
	if reserved.GetRepeated() {
		_, parts, err := h.transactions.Find(ctx, reserved.GetTransactionId()) // By way of its owner: that must be there.
		if err != nil || logic.Has(parts, logic.Record, version) {
			return err
		}
	}
	created, err := id.Time("transaction_id", "tx", reserved.GetTransactionId())
	if err != nil {
		return err
	}
	state := transactionOf(req, reserved)
	state.CreatedMs, state.UpdatedMs = created.UnixMilli(), created.UnixMilli()
	part := logic.Part{ID: state.GetId(), Facet: logic.Record, Version: version, State: state}
	told, err := h.changed(ctx, recorded, &transactionsevents.TransactionChanged{
		Transaction: logic.Merge([]logic.Part{part}, ""),
	})
	if err != nil {
		return err
	}
	if state.GetId() != announced {
		if err := h.transactions.Announce(ctx, req.GetAccountId(), state.GetId()); err != nil {
			return err
		}
	}
	return h.transactions.Amend(ctx, req.GetAccountId(), storage.Amendment{
		ID: part.ID, Begins: true, Add: []logic.Part{part}, Tell: []events.Event{told},
	})
}

func transactionOf(
	req *transactionsproto.AuthoriseRequest, reserved *balanceproto.ReserveResponse,
) *transactionsproto.Transaction {
	status := transactionsproto.Status_STATUS_DECLINED
	if reserved.GetOutcome() == balanceproto.Outcome_OUTCOME_APPROVED {
		status = transactionsproto.Status_STATUS_PENDING
	}
	purchase := req.GetPurchase()
	amount, local, cashback := purchase.GetAmount(), purchase.GetLocalAmount(), purchase.GetCashback()
	if status == transactionsproto.Status_STATUS_PENDING {
		cashback = cashbackOf(reserved)
	}
	if held := reserved.GetAmount(); held.GetMinor() > 0 && held.GetMinor() < amount.GetMinor() {
		local = localPart(local, held, amount)
		amount = held
	}
	if local == nil {
		local = amount
	}
	t := &transactionsproto.Transaction{
		Id: reserved.GetTransactionId(), AccountId: req.GetAccountId(), UserId: req.GetUserId(), CardId: req.GetCardId(),
		HoldId: req.GetHoldId(), Status: status, DeclineReason: balanceproto.ReasonText(reserved.GetDeclineReason()),
		Amount: out(amount), LocalAmount: out(local), Balance: reserved.GetBalance(),
		Descriptor_: purchase.GetDescriptor_(), Mcc: purchase.GetMcc(), Scheme: purchase.GetScheme(),
		Rate: purchase.GetRate(),
	}
	if cashback != nil {
		t.Cashback = out(cashback)
	}
	return t
}

// localPart is the merchant's amount of what was approved in part, nil for none. Nobody but us computes it, so that it
// is rounded down.
func localPart(local, held, whole *moneyproto.Money) *moneyproto.Money {
	if local == nil {
		return nil
	}
	part := new(big.Int).Mul(big.NewInt(local.GetMinor()), big.NewInt(held.GetMinor()))
	part.Quo(part, big.NewInt(whole.GetMinor()))
	return &moneyproto.Money{Minor: part.Int64(), Currency: local.GetCurrency()}
}

// out is an amount as money that goes out.
func out(amount *moneyproto.Money) *moneyproto.Money {
	return &moneyproto.Money{Minor: -amount.GetMinor(), Currency: amount.GetCurrency()}
}
