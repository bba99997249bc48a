package handler

import (
	"context"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/events"
	balanceproto "farthing/service.balance/proto"
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
// meanwhile, the ledger lets only one of the two happen; a repeat that may be under way is waited for, and looked for
// again.
func (h *Handler) releaseUnanswered(ctx context.Context, e events.Event) error {
	held, account, err := holdOf(e)
	if err != nil || held == nil {
		return err
	}
	t, err := h.transaction(ctx, held.GetTransactionId())
	if err != nil || t != nil && t.GetStatus() != transactionsproto.Status_STATUS_DECLINED {
		return err
	}
	// One that is recorded as declined was disowned by an earlier try, and a repeat was told so: it is still to be
	// given back.
	ours, err := h.abandon(ctx, &balanceproto.DisownRequest{
		AccountId: account, HoldId: held.GetId(), Unrecorded: true,
	})
	if err == nil && !ours {
		return errs.New(errs.Unavailable, "A repeat is being answered, and may be recorded yet")
	}
	return err
}

// abandon gives a hold back that nobody was told of. It is false if a repeat was, or may be yet: then the hold stays.
func (h *Handler) abandon(ctx context.Context, asked *balanceproto.DisownRequest) (bool, error) {
	disowned, err := h.balance.Disown(ctx, asked)
	if err != nil || !disowned.GetDisowned() {
		return false, err
	}
	_, done, err := h.record(ctx, subject{key: asked.GetHoldId(), account: asked.GetAccountId()}, logic.Said{
		Kind: logic.Abandonment, MessageID: abandoned,
	})
	if err == nil && done.fresh {
		h.metrics.released.Inc()
	}
	return err == nil, err
}

// transaction is nil if it is not recorded.
func (h *Handler) transaction(ctx context.Context, transactionID string) (*transactionsproto.Transaction, error) {
	return transactionsproto.Find(ctx, h.transactions, transactionID)
}
