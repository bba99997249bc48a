package jetstream

import (
	"context"

	"github.com/nats-io/nats.go"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/events"
)

// Publish returns when the server has acknowledged all events. When nothing was sent, or the server refused everything,
// the error is unavailable.event_bus; otherwise some may be durable: timeout.outcome_unknown. Publishing an event again
// is harmless.
func (b *Bus) Publish(ctx context.Context, all ...events.Event) error {
	if err := events.CheckAll(all); err != nil || len(all) == 0 {
		return err
	}
	if err := ctx.Err(); err != nil {
		return errs.Of(err)
	}
	now := clock.Real{}.Now()
	byStream := make(map[string][]*nats.Msg, 1)
	for _, e := range all {
		stream, _ := events.Stream(e.Type) // Checked above.
		e.PublishedAt = now
		m := &nats.Msg{Subject: b.subject(e.Type)}
		m.Data = events.AppendEnvelope(make([]byte, 0, 160+len(e.Body)), e)
		byStream[stream] = append(byStream[stream], m)
	}
	for stream := range byStream {
		if err := b.ensureStream(ctx, stream); err != nil {
			return err
		}
	}
	var waiting []*publication
	for stream, messages := range byStream {
		waiting = append(waiting, b.enqueue(ctx, b.streamName(stream), messages))
	}
	return await(ctx, waiting)
}

// await is the outcome of all publications.
func await(ctx context.Context, all []*publication) error {
	var o outcome
	for _, p := range all {
		select {
		case <-p.done:
			o.merge(p.outcome)
		case <-ctx.Done():
			o.add(ctx.Err())
		}
	}
	return o.error()
}

// outcome is what became of several messages.
type outcome struct {
	done, doubtful bool // Of at least one.
	failure        error
}

func (o *outcome) add(err error) {
	if err == nil {
		o.done = true
		return
	}
	o.doubtful = o.doubtful || !wasRefused(err)
	if o.failure == nil {
		o.failure = err
	}
}

func (o *outcome) merge(other outcome) {
	o.done, o.doubtful = o.done || other.done, o.doubtful || other.doubtful
	if o.failure == nil {
		o.failure = other.failure
	}
}

// error is nil if all was done, unavailable if nothing was, and unknown otherwise.
func (o *outcome) error() error {
	switch {
	case o.failure == nil:
		return nil
	case o.done || o.doubtful:
		return unknown(o.failure)
	default:
		return unavailable(o.failure)
	}
}
