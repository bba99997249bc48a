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
	transactionsproto "farthing/service.transactions/proto"
)

// unansweredAfter is how old a hold is when it is looked at: any request that made it has long ended.
const unansweredAfter = 60 * time.Second

// releaseTries outlast any outage: some three days at one try in a minute. A hold that is given up stays on a
// customer's account until somebody replays the dead letter.
const releaseTries = 5_000

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
	answered, err := h.answered(ctx, entry.GetTransactionId())
	if err != nil || answered {
		return err
	}
	released, err := h.balance.Release(ctx, &balanceproto.ReleaseRequest{
		AccountId: posted.GetAccountId(), HoldId: entry.GetId(), IfUnanswered: true,
	})
	if err == nil && released.GetReleased() {
		h.metrics.released.Inc()
	}
	return err
}

// answered tells whether a hold is recorded as approved. One that is recorded as declined was disowned by an earlier
// try at its release, and a repeat was told so: it is still to be given back.
func (h *Handler) answered(ctx context.Context, transactionID string) (bool, error) {
	found, err := h.transactions.Get(ctx, &transactionsproto.GetRequest{TransactionId: transactionID})
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil && found.GetTransaction().GetStatus() != transactionsproto.Status_STATUS_DECLINED, err
}
