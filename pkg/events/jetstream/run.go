package jetstream

import (
	"context"
	"fmt"
	"sync"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/events"
)

// Run delivers a subscription's events until ctx ends, then gives back what it has not begun, waits for the handlers
// under way, which keep their own timeout, and returns nil. It fails at once, naming the field, on a subscription that
// cannot be run; outages it rides out. The body of an event is the handler's own.
func (b *Bus) Run(ctx context.Context, s events.Subscription) error {
	s, err := s.Checked()
	if err != nil {
		return err
	}
	if err := b.subscribe(ctx, s); err != nil || ctx.Err() != nil {
		return err
	}
	r, err := b.newRun(s)
	if err != nil {
		return fmt.Errorf("subscribing %s: %w", s.Name, err)
	}
	b.join(r)
	defer b.leave(r)
	r.pump(ctx)
	r.end(ctx)
	return nil
}

// subscribe makes the subscription's durable, however long the server is away.
func (b *Bus) subscribe(ctx context.Context, s events.Subscription) error {
	for ctx.Err() == nil {
		err := b.ensureDurable(ctx, s)
		if err == nil {
			return nil
		}
		if !errs.Is(err, errs.Unavailable) {
			return fmt.Errorf("subscribing %s: %w", s.Name, err)
		}
		if clock.Wait(ctx, reconnectWait) == nil {
			b.config.Log.Warn("the event bus does not serve a subscription", "subscription", s.Name, "error", err)
		}
	}
	return nil
}

// Declare makes a subscription's name known, so that it gets what is published from then on even if Run comes later.
// Repeating it is harmless.
func (b *Bus) Declare(ctx context.Context, s events.Subscription) error {
	s, err := s.Checked()
	if err != nil {
		return err
	}
	if err := b.ensureDurable(ctx, s); err != nil {
		return fmt.Errorf("declaring %s: %w", s.Name, err)
	}
	return nil
}

func (b *Bus) join(r *run) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.runs[r] = true
}

func (b *Bus) leave(r *run) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.runs, r)
}

// run is one Run. The goroutine that pumps owns it, but for what its channels and handlers use.
type run struct {
	bus    *Bus
	s      events.Subscription
	stream string
	most   int // Events that it has at once, about.
	pull   *puller

	here  map[uint64]*delivery // All that it has: the server is told of them every beat. By sequence.
	ready []*delivery          // Wait for a handler.
	held  []*delivery          // Too young for After, in the order of their coming.
	busy  int                  // Handlers, at most s.Concurrency.

	done     chan *delivery // From the handlers.
	back     chan struct{}  // There is a new connection.
	handlers sync.WaitGroup
}

func (b *Bus) newRun(s events.Subscription) (*run, error) {
	stream, err := s.Stream()
	if err != nil {
		return nil, err
	}
	most := max(2*s.Concurrency, 4) // As many in hand as in waiting: more would keep them from those who are idle.
	pull, err := newPuller(b.conn, b.streamName(stream), b.durableName(s.Name), most)
	if err != nil {
		return nil, err
	}
	return &run{
		bus: b, s: s, stream: stream, most: most, pull: pull, here: make(map[uint64]*delivery),
		done: make(chan *delivery, s.Concurrency), back: make(chan struct{}, 1),
	}, nil
}

// reconnected tells the run that the server may have forgotten what it asked for.
func (r *run) reconnected() {
	select {
	case r.back <- struct{}{}:
	default: // It has not yet heard of the last time: one is enough.
	}
}

// pump keeps the handlers busy until the context ends.
func (r *run) pump(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	beats := make(chan struct{})
	r.handlers.Go(func() { tick(ctx, r.bus.ackWait/beatsPerWait, beats) })
	for ctx.Err() == nil {
		due := r.release()
		for r.busy < r.s.Concurrency && len(r.ready) > 0 {
			r.start(ctx)
		}
		again := r.ask()
		r.wait(ctx, beats, earlier(due, again))
	}
}

// tick says each d that it has passed, until the context ends.
func tick(ctx context.Context, d time.Duration, ticks chan<- struct{}) {
	clock.Every(ctx, d, func(ctx context.Context) {
		select {
		case ticks <- struct{}{}:
		case <-ctx.Done():
		}
	})
}

// release makes ready what has become old enough, and tells how long it is until the next will be; 0 if none waits. The
// order of publication is the order of coming, so what comes later is younger still.
func (r *run) release() time.Duration {
	for len(r.held) > 0 {
		if left := r.youth(r.held[0].event); left > 0 {
			return left
		}
		r.ready = append(r.ready, r.held[0])
		r.held[0] = nil
		r.held = r.held[1:]
	}
	return 0
}

// youth is how long an event must still be held back.
func (r *run) youth(e events.Event) time.Duration {
	if r.s.After == 0 {
		return 0
	}
	return e.PublishedAt.Add(r.s.After).Sub(clock.Real{}.Now())
}

// ask asks for as many events as there is room for, unless a request is under way or most of the room is taken. If it
// cannot it tells when to try again. While events are held back it asks for no more than there is room for: so a young
// stream waits at the server, and what is here is bounded whatever After is.
func (r *run) ask() (again time.Duration) {
	room := r.most - len(r.here)
	if r.pull.owed > 0 || room < r.most/2 {
		return 0
	}
	if !r.pull.request(room) {
		return pullAgain
	}
	return 0
}

// wait is until there is something to do, d at most unless it is 0.
func (r *run) wait(ctx context.Context, beats <-chan struct{}, d time.Duration) {
	until := ctx
	if d > 0 {
		var cancel context.CancelFunc
		until, cancel = context.WithTimeout(ctx, d)
		defer cancel()
	}
	select {
	case m := <-r.pull.came:
		r.take(ctx, m)
	case d := <-r.done:
		r.finish(d)
	case <-beats:
		r.beat()
	case <-r.back:
		r.pull.lost()
	case <-until.Done():
	}
}

// earlier is the shorter of two times, neither of which counts if it is 0.
func earlier(a, b time.Duration) time.Duration {
	if a == 0 || (b != 0 && b < a) {
		return b
	}
	return a
}

// reap hears of all handlers that are done.
func (r *run) reap() {
	for {
		select {
		case d := <-r.done:
			r.finish(d)
		default:
			return
		}
	}
}

func (r *run) finish(d *delivery) {
	r.busy--
	delete(r.here, d.sequence)
}

// beat tells the server that all that is here is in good hands. If it cannot, the server will deliver again.
func (r *run) beat() {
	for _, d := range r.here {
		if d.inProgress() != nil {
			break
		}
	}
	if r.pull.isSilent() {
		r.pull.lost()
	}
}
