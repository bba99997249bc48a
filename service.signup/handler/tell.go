package handler

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/events"
	"farthing/pkg/id"
	"farthing/pkg/trace"
	signupevents "farthing/service.signup/proto/events"
	"farthing/service.signup/storage"
)

// rested is the type of the event that tells where an application came to rest.
const rested = "signup.rested"

// tell publishes where an application came to rest. Only then is it written that it was told, so that nothing is left
// untold; whoever listens drops repeats.
func (h *Handler) tell(ctx context.Context, a storage.Kept) error {
	bare := proto.CloneOf(a.State)
	bare.Person = nil // Names never travel.
	body, err := proto.Marshal(&signupevents.ApplicationRested{Application: bare})
	if err != nil {
		return fmt.Errorf("marshalling an event: %w", err)
	}
	at := time.UnixMilli(bare.GetUpdatedMs()).UTC()
	err = h.bus.Publish(ctx, events.Event{
		ID: id.Derived("evt", at, fmt.Sprint(rested, "/", bare.GetId(), "/", a.Revision)), Type: rested, Key: bare.GetId(),
		Version: a.Revision, OccurredAt: at, Traceparent: trace.Traceparent(ctx), ClockOffset: h.clock.Offset(), Body: body,
	})
	if err != nil {
		return fmt.Errorf("telling what became of %s: %w", bare.GetId(), err)
	}
	return nil
}
