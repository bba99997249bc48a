package handler

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/events"
	balanceproto "farthing/service.balance/proto"
	balanceevents "farthing/service.balance/proto/events"
	"farthing/service.card-processing/logic"
	transactionsproto "farthing/service.transactions/proto"
)

// unansweredAfter is how old a hold is when it is looked at: any request that made it has long ended.
const unansweredAfter = 60 * time.Second

// releaseTries outlast any outage: some three days at one try in a minute. A hold that is given up stays on a
// customer's account until somebody replays the dead letter.
const releaseTries = 5_000

// abandoned is the message id of a payment's event that nobody sent.
const abandoned = "abandoned"

// releaseUnanswered is the safety net under every authorisation. A hold whose transaction was never recorded belongs to
// a request that died between the two, so nobody was told of it: it is given back. If somebody repeats the request
// meanwhile, the ledger lets only one of the two happen.
func (h *Handler) releaseUnanswered(ctx context.Context, e events.Event) error {
	var posted balanceevents.EntryPosted
	if err := proto.Unmarshal(e.Body, &posted); err != nil {
		return fmt.Errorf("%w: %w", events.ErrPoison, err)
	}
	entry := posted.GetEntry()
	if entry.GetKind() != balanceproto.EntryKind_ENTRY_KIND_HELD {
		return nil
	}
	if _, isChange := balanceproto.HoldOf(entry.GetId()); isChange {
		return nil // An increment is its payment's affair.
	}
	t, err := h.transaction(ctx, entry.GetTransactionId())
	switch {
	case err != nil:
		return err
	case t != nil && t.GetStatus() != transactionsproto.Status_STATUS_DECLINED:
		return h.expireLater(ctx, posted.GetAccountId(), entry, t)
	}
	// One that is recorded as declined was disowned by an earlier try, and a repeat was told so: it is still to be
	// given back.
	disowned, err := h.balance.Disown(ctx, &balanceproto.DisownRequest{
		AccountId: posted.GetAccountId(), HoldId: entry.GetId(),
	})
	if err != nil || !disowned.GetDisowned() {
		return err
	}
	_, done, err := h.record(ctx, subject{key: entry.GetId(), account: posted.GetAccountId()}, logic.Said{
		Kind: logic.Abandonment, MessageID: abandoned,
	})
	if err == nil && done.fresh {
		h.metrics.released.Inc()
	}
	return err
}

// transaction is nil if it is not recorded.
func (h *Handler) transaction(ctx context.Context, transactionID string) (*transactionsproto.Transaction, error) {
	found, err := h.transactions.Get(ctx, &transactionsproto.GetRequest{TransactionId: transactionID})
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	return found.GetTransaction(), err
}
