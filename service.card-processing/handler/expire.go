package handler

import (
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/events"
	"farthing/pkg/store/worklist"
	balanceproto "farthing/service.balance/proto"
	balanceevents "farthing/service.balance/proto/events"
	"farthing/service.card-processing/logic"
)

// holdOf is the hold that an event tells of, and its account; nil for any other entry: an increment is its payment's
// affair.
func holdOf(e events.Event) (hold *balanceproto.Entry, account string, err error) {
	var posted balanceevents.EntryPosted
	if err := proto.Unmarshal(e.Body, &posted); err != nil {
		return nil, "", fmt.Errorf("%w: %w", events.ErrPoison, err)
	}
	entry := posted.GetEntry()
	if entry.GetKind() != balanceproto.EntryKind_ENTRY_KIND_HELD {
		return nil, "", nil
	}
	if _, isChange := balanceproto.HoldOf(entry.GetId()); isChange {
		return nil, "", nil
	}
	return entry, posted.GetAccountId(), nil
}

// dueSeparator stands between the account and the hold of an item that is due.
const dueSeparator = "/"

// expireLater has a hold looked at when the shortest time that a merchant may have is over.
func (h *Handler) expireLater(ctx context.Context, e events.Event) error {
	held, account, err := holdOf(e)
	if err != nil || held == nil {
		return err
	}
	return h.fallLater(ctx, time.UnixMilli(held.GetAtMs()).Add(logic.ShortestTerm), account, held.GetId())
}

// fallLater has a payment looked at when something of it is due.
func (h *Handler) fallLater(ctx context.Context, due time.Time, account, payment string) error {
	if now := h.clock.Now(); due.Before(now) { // The sweep has been there. It looks at now.
		due = now
	}
	return h.due.Add(ctx, due, account+dueSeparator+payment)
}

// expire lets fall of a payment what its time is over for: its hold, or a refund that was promised.
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
	now := h.clock.Now()
	due, fall, ok := logic.Due(p.State)
	switch {
	case p.State.GetPending() != nil: // It is changing: the sweep sees how, however long that takes.
		return worklist.ErrStays
	case !ok:
	case due.After(now) && due.Truncate(time.Hour).Equal(item.Hour):
		return nil // Later this hour.
	case due.After(now): // Its merchant has longer, more was held meanwhile, or something else is due next.
		if err := h.due.Add(ctx, due, item.Name); err != nil {
			return err
		}
	default:
		if _, _, err := h.record(ctx, who, fall); err != nil {
			return err
		}
	}
	return h.due.Remove(ctx, item.Hour, item.Name)
}
