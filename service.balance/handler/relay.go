package handler

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/events"
	"farthing/pkg/events/outbox"
	"farthing/pkg/id"
	"farthing/service.balance/logic"
	balanceproto "farthing/service.balance/proto"
	balanceevents "farthing/service.balance/proto/events"
	"farthing/service.balance/storage"
)

// entryPosted is the type of the events.
const entryPosted = "balance.entry_posted"

// relay tells of entries as events. It implements logic.Relay.
type relay struct{ active *outbox.Relay }

// Mark makes it durable, once a minute, that an account is about to be written.
func (r *relay) Mark(ctx context.Context, account string) error { return r.active.Mark(ctx, account) }

// Committed publishes soon; what it does not get to is found in the ledger later.
func (r *relay) Committed(account string, entries []logic.Entry) {
	told := make([]events.Event, 0, len(entries))
	for _, entry := range entries {
		event, err := eventOf(entry)
		if err != nil {
			return // The sweep meets it again, and says so.
		}
		told = append(told, event)
	}
	r.active.Committed(account, told...)
}

// sourceOf reads an account's entries back as events, for the sweep.
func sourceOf(accounts *storage.Accounts) outbox.Source {
	return func(ctx context.Context, account string, after int64, limit int) ([]events.Event, error) {
		entries, err := accounts.List(ctx, account, after, limit)
		if err != nil {
			return nil, err
		}
		told := make([]events.Event, len(entries))
		for i, entry := range entries {
			if told[i], err = eventOf(entry); err != nil {
				return nil, err
			}
		}
		return told, nil
	}
}

// eventOf is the same event each time it is made from an entry.
func eventOf(entry logic.Entry) (events.Event, error) {
	// Events carry no currency: an entry's is its account's.
	body, err := proto.Marshal(&balanceevents.EntryPosted{AccountId: entry.Account, Entry: entryProto(entry, "")})
	if err != nil {
		return events.Event{}, fmt.Errorf("marshalling an entry: %w", err)
	}
	return events.Event{
		ID:   id.Derived("evt", entry.At, fmt.Sprintf("%s/%d", entry.Account, entry.Sequence)),
		Type: entryPosted, Key: entry.Account, Version: entry.Sequence, OccurredAt: entry.At,
		Traceparent: entry.Traceparent, ClockOffset: entry.ClockOffset, Body: body,
	}, nil
}

func entryProto(e logic.Entry, currency string) *balanceproto.Entry {
	return &balanceproto.Entry{
		Sequence: e.Sequence, Id: e.ID,
		Kind:              balanceproto.EntryKind(e.Kind), //nolint:gosec // Its numbers are this enum's.
		PostedChangeMinor: e.PostedChange, HeldChangeMinor: e.HeldChange, PostedMinor: e.Posted, HeldMinor: e.Held,
		Currency: currency, TransactionId: e.TransactionID, AtMs: e.At.UnixMilli(),
		DeclineReason: reasonOf(e),
	}
}
