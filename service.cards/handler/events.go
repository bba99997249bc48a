package handler

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/events"
	"farthing/pkg/id"
	"farthing/pkg/trace"
	"farthing/service.cards/logic"
	cardsevents "farthing/service.cards/proto/events"
	"farthing/service.cards/storage"
)

// changed is the type of the events.
const changed = "cards.changed"

// tell publishes soon what a card has become; what it does not get to is found in the card's lines later.
func (h *Handler) tell(ctx context.Context, card logic.Card, at time.Time) {
	event, err := h.eventOf(storage.Change{Card: card, At: at})
	if err != nil {
		return // The sweep meets it again, and says so.
	}
	event.Traceparent = trace.Traceparent(ctx)
	h.told.Committed(card.ID, event)
}

// toTell reads a card's changes back as events, for the sweep. It is an outbox.Source.
func (h *Handler) toTell(ctx context.Context, card string, after int64, limit int) ([]events.Event, error) {
	changes, err := h.cards.Changes(ctx, card, after, limit)
	if err != nil {
		return nil, err
	}
	told := make([]events.Event, len(changes))
	for i, change := range changes {
		if told[i], err = h.eventOf(change); err != nil {
			return nil, err
		}
	}
	return told, nil
}

// eventOf is the same event each time it is made from a change.
func (h *Handler) eventOf(c storage.Change) (events.Event, error) {
	body, err := proto.Marshal(&cardsevents.CardChanged{Card: cardProto(c.Card)})
	if err != nil {
		return events.Event{}, fmt.Errorf("marshalling a card: %w", err)
	}
	return events.Event{
		ID:   id.Derived("evt", c.At, fmt.Sprintf("%s/%d", c.Card.ID, c.Card.Version)),
		Type: changed, Key: c.Card.ID, Version: c.Card.Version, OccurredAt: c.At, ClockOffset: h.clock.Offset(), Body: body,
	}, nil
}

// insert is cards.Insert, of which others are told.
func (h *Handler) insert(ctx context.Context, card logic.Card) (logic.Card, bool, error) {
	if err := h.told.Mark(ctx, card.ID); err != nil {
		return logic.Card{}, false, err
	}
	issued, isNew, err := h.cards.Insert(ctx, card)
	if isNew {
		h.tell(ctx, issued, issued.Created)
	}
	return issued, isNew, err
}

// replace is cards.Replace, of which others are told.
func (h *Handler) replace(ctx context.Context, next logic.Card) (logic.Card, bool, error) {
	if err := h.told.Mark(ctx, next.ID); err != nil {
		return logic.Card{}, false, err
	}
	at := h.clock.Now()
	stored, done, err := h.cards.Replace(ctx, next, at)
	if done {
		h.tell(ctx, stored, at)
	}
	return stored, done, err
}
