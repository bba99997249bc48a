package outbox

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/events"
)

const (
	senders      = 4 // Publish at once, so that one's sync does not hold up what comes meanwhile.
	batchSize    = 256
	batchBytes   = 1 << 20
	firstBackOff = 50 * time.Millisecond
	lastBackOff  = 2 * time.Second
)

// parcel is an event to be published, and what its acknowledgement will need.
type parcel struct {
	event events.Event
	place Place
}

// sender publishes parcels in the background, as many at once as are there.
type sender struct {
	bus   events.Publisher
	log   *slog.Logger
	queue chan parcel
	acked func([]parcel) // Told of what the bus has made durable.
}

func newSender(bus events.Publisher, log *slog.Logger, acked func([]parcel)) *sender {
	return &sender{bus: bus, log: log, queue: make(chan parcel, queued), acked: acked}
}

// offer queues a parcel unless the queue is full: then a sweep is to publish it.
func (s *sender) offer(p parcel) bool {
	select {
	case s.queue <- p:
		return true
	default:
		return false
	}
}

// run publishes until ctx ends, and then what is still queued, for drainFor at most.
func (s *sender) run(ctx context.Context) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		_ = clock.Wait(late, drainFor)
		cancel()
	})
	defer stop()
	var all sync.WaitGroup
	for range senders {
		all.Go(func() { s.send(ctx, late) })
	}
	all.Wait()
}

func (s *sender) send(ctx, late context.Context) {
	for {
		select {
		case first := <-s.queue:
			s.publish(late, s.more(first))
		case <-ctx.Done():
			for len(s.queue) > 0 && late.Err() == nil {
				s.publish(late, s.more())
			}
			return
		}
	}
}

// more is what is queued, after what is in hand, up to a batch.
func (s *sender) more(batch ...parcel) []parcel {
	size := 0
	for len(batch) < batchSize && size < batchBytes {
		select {
		case p := <-s.queue:
			batch = append(batch, p)
			size += len(p.event.Body)
		default:
			return batch
		}
	}
	return batch
}

// publish repeats until the bus has the batch or ctx ends.
func (s *sender) publish(ctx context.Context, batch []parcel) {
	if len(batch) == 0 {
		return
	}
	for wait := firstBackOff; ; wait = min(2*wait, lastBackOff) {
		err := publishAll(ctx, s.bus, s.log, batch)
		if err == nil {
			s.acked(batch)
			return
		}
		if clock.Wait(ctx, wait) != nil {
			s.log.WarnContext(ctx, "events are left to the next sweep", "events", len(batch), "error", err)
			return
		}
	}
}

// publishAll publishes a batch. An event that breaks the bus's rules would break them for ever: it is logged and left
// out, for the sake of the others.
func publishAll(ctx context.Context, bus events.Publisher, log *slog.Logger, batch []parcel) error {
	all := make([]events.Event, 0, len(batch))
	for _, p := range batch {
		if err := events.Check(p.event); err != nil {
			log.ErrorContext(ctx, "an event can never be published", "event_id", p.event.ID, "type", p.event.Type,
				"reason", errs.Of(err).Code)
			continue
		}
		all = append(all, p.event)
	}
	return bus.Publish(ctx, all...)
}
