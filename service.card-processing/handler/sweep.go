package handler

import (
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/foundation"
	"farthing/pkg/store/worklist"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.card-processing/logic"
	"farthing/service.card-processing/storage"
	transactionsproto "farthing/service.transactions/proto"
)

const (
	sweepEvery = 10 * time.Second
	// inFlight is longer than anything takes between its line in a list and its beginning.
	inFlight = 2 * time.Hour
)

// sweepers finish what was begun and left behind, and let holds expire.
func (h *Handler) sweepers(env *foundation.Env) []worklist.Sweeper {
	return []worklist.Sweeper{
		{List: h.unfinished, Clock: env.Clock, Log: env.Log, Every: sweepEvery, Take: h.finishLate},
		{List: h.due, Clock: env.Clock, Log: env.Log, Every: sweepEvery, Take: h.expire},
		{List: h.resolving, Clock: env.Clock, Log: env.Log, Every: sweepEvery, Take: h.carryLate},
		{List: h.clearing, Clock: env.Clock, Log: env.Log, Every: sweepEvery, Take: h.advanceLate},
	}
}

// finishLate finishes a payment whose event was begun some time ago.
func (h *Handler) finishLate(ctx context.Context, item worklist.Item) error {
	p, found, err := h.payments.Find(ctx, item.Name)
	if err != nil {
		return err
	}
	switch pending, now := p.State.GetPending(), h.clock.Now(); {
	case !found || pending == nil:
		if now.Sub(item.Hour) > inFlight { // Nobody is going to begin it any more.
			return h.unfinished.Remove(ctx, item.Hour, item.Name)
		}
		return nil
	case now.Sub(time.UnixMilli(pending.GetAtMs())) < unansweredAfter:
		return nil // Whoever began it is still at it.
	}
	p, ours, err := h.giveUp(ctx, p)
	if err != nil || !ours {
		return err
	}
	return h.finish(ctx, p)
}

// giveUp decides that an increment which nobody was answered will be declined. It is false if somebody else was faster.
func (h *Handler) giveUp(ctx context.Context, p storage.Payment) (storage.Payment, bool, error) {
	pending := p.State.GetPending()
	if pending.GetKind() != logic.Increment || pending.GetGivenUp() {
		return p, true, nil
	}
	given := proto.CloneOf(pending)
	given.GivenUp = true
	return h.payments.Begin(ctx, p, given)
}

// dueSeparator stands between the account and the hold of an item that is due.
const dueSeparator = "/"

// expireLater has a hold looked at when its merchant's time is over.
func (h *Handler) expireLater(
	ctx context.Context, account string, held *balanceproto.Entry, t *transactionsproto.Transaction,
) error {
	due, now := time.UnixMilli(held.GetAtMs()).Add(logic.Term(t.GetMcc())), h.clock.Now()
	if due.Before(now) { // The sweep has been there. It looks at now.
		due = now
	}
	return h.due.Add(ctx, due, account+dueSeparator+held.GetId())
}

// expire lets a hold fall whose time is over.
func (h *Handler) expire(ctx context.Context, item worklist.Item) error {
	account, hold, ok := strings.Cut(item.Name, dueSeparator)
	if !ok {
		return fmt.Errorf("%q names no hold", item.Name)
	}
	who := subject{key: hold, account: account}
	p, err := h.open(ctx, who)
	if err != nil {
		return err
	}
	now, due := h.clock.Now(), time.UnixMilli(p.State.GetHeldMs()).Add(logic.Term(p.State.GetMcc()))
	switch {
	case p.State.GetPending() != nil: // It is changing: the next sweep sees how.
		return nil
	case p.State.GetHeldMinor() == 0:
	case due.After(now) && due.Truncate(time.Hour).Equal(item.Hour):
		return nil // Later this hour.
	case due.After(now): // More was held meanwhile.
		if err := h.due.Add(ctx, due, item.Name); err != nil {
			return err
		}
	default:
		if _, _, err := h.record(ctx, who, logic.Said{
			Kind: logic.Expiry, MessageID: "expiry",
		}); err != nil {
			return err
		}
	}
	return h.due.Remove(ctx, item.Hour, item.Name)
}
