package handler

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/events"
	"farthing/pkg/id"
	"farthing/pkg/trace"
	transactionsevents "farthing/service.transactions/proto/events"
)

// The types of the events.
const (
	recorded = "transactions.recorded" // Written, or gone on: enrichment takes it.
	enriched = "transactions.enriched" // Has its merchant, or never will have one: feed and push take it.
)

// changed is the event of a transaction's state. It is the same event each time it is made for one version, and it
// occurred when the payment did: an enrichment that comes hours later makes no news of it.
func (h *Handler) changed(
	ctx context.Context, kind string, changed *transactionsevents.TransactionChanged,
) (events.Event, error) {
	state := changed.GetTransaction()
	body, err := proto.Marshal(changed)
	if err != nil {
		return events.Event{}, fmt.Errorf("marshalling an event: %w", err)
	}
	named := fmt.Sprintf("%s/%s/%d", kind, state.GetId(), state.GetVersion())
	return events.Event{
		ID:   id.Derived("evt", time.UnixMilli(state.GetCreatedMs()), named),
		Type: kind, Key: state.GetId(), Version: state.GetVersion(), OccurredAt: time.UnixMilli(state.GetUpdatedMs()).UTC(),
		Traceparent: trace.Traceparent(ctx), ClockOffset: h.clock.Offset(), Body: body,
	}, nil
}
