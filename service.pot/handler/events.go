package handler

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/events"
	"farthing/pkg/id"
	"farthing/pkg/trace"
	"farthing/service.pot/logic"
	potevents "farthing/service.pot/proto/events"
	"farthing/service.pot/storage"
)

// changed is the type of the events.
const changed = "pot.changed"

// tell publishes soon that a pot has changed; what it does not get to is found in the pot's lines later.
func (h *Handler) tell(ctx context.Context, p logic.Pot, c storage.Change) {
	event, err := h.eventOf(p, c)
	if err != nil {
		return // The sweep meets it again, and says so.
	}
	event.Traceparent = trace.Traceparent(ctx)
	h.told.Committed(p.ID, event)
}

// toTell reads a pot's changes back as events, for the sweep. It is an outbox.Source.
func (h *Handler) toTell(ctx context.Context, potID string, after int64, limit int) ([]events.Event, error) {
	pot, found, err := h.pots.Find(ctx, potID)
	if err != nil || !found { // It was about to be made, and was not.
		return nil, err
	}
	changes, err := h.pots.Changes(ctx, potID, after, limit)
	if err != nil {
		return nil, err
	}
	told := make([]events.Event, len(changes))
	for i, change := range changes {
		if told[i], err = h.eventOf(pot, change); err != nil {
			return nil, err
		}
	}
	return told, nil
}

// eventOf is the same event each time it is made from a change: of a pot it says only what never changes.
func (h *Handler) eventOf(p logic.Pot, c storage.Change) (events.Event, error) {
	body, err := proto.Marshal(&potevents.PotChanged{
		PotId: p.ID, UserId: p.User, CurrentAccountId: p.Account, Moved: c.Moved,
	})
	if err != nil {
		return events.Event{}, fmt.Errorf("marshalling a pot: %w", err)
	}
	return events.Event{
		ID:   id.Derived("evt", c.At, fmt.Sprintf("%s/%d", p.ID, c.Version)),
		Type: changed, Key: p.ID, Version: c.Version, OccurredAt: c.At, ClockOffset: h.clock.Offset(), Body: body,
	}, nil
}

// insert is pots.Insert, of which others are told.
func (h *Handler) insert(ctx context.Context, p logic.Pot) (logic.Pot, error) {
	if err := h.told.Mark(ctx, p.ID); err != nil {
		return logic.Pot{}, err
	}
	stored, err := h.pots.Insert(ctx, p)
	if err == nil && stored.Version == 1 {
		h.tell(ctx, stored, storage.Change{Version: 1, At: stored.Created})
	}
	return stored, err
}

// replace is pots.Change, of which others are told.
func (h *Handler) replace(ctx context.Context, was, next logic.Pot) (bool, error) {
	if err := h.told.Mark(ctx, was.ID); err != nil {
		return false, err
	}
	done, err := h.pots.Change(ctx, was, next)
	if done {
		h.tell(ctx, next, storage.Change{Version: was.Version + 1, At: next.Updated})
	}
	return done, err
}

// end is pots.End, of which others are told.
func (h *Handler) end(ctx context.Context, p logic.Pot, m logic.Move) error {
	if err := h.told.Mark(ctx, p.ID); err != nil {
		return err
	}
	at := h.clock.Now()
	version, err := h.pots.End(ctx, m, at)
	if version > 0 {
		h.tell(ctx, p, storage.Change{Version: version, At: at, Moved: true})
	}
	return err
}
