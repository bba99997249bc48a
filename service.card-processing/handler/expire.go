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
	due, now := time.UnixMilli(held.GetAtMs()).Add(logic.ShortestTerm), h.clock.Now()
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
	case due.After(now): // Its merchant has longer, or more was held meanwhile.
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
