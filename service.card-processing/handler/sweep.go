package handler

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/foundation"
	"farthing/pkg/store/worklist"
	"farthing/service.card-processing/logic"
	"farthing/service.card-processing/storage"
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
		{List: h.unposted, Clock: env.Clock, Log: env.Log, Every: sweepEvery, Take: h.postStandIn},
		{List: h.late, Clock: env.Clock, Log: env.Log, Every: sweepEvery, Take: h.giveBackLate},
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
