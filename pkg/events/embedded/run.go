package embedded

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/events"
)

// saveEvery is how often a moving watermark is written, and so about how much is delivered again after a crash.
const saveEvery = 100 * time.Millisecond

// run is one Run: a pump that starts workers when there is something to do, and workers that go on until there is not.
type run struct {
	durable *durable
	s       events.Subscription
	ears    *listener
	moved   *listener // Tells the saver that the watermark may have moved.

	workers sync.WaitGroup
	mu      sync.Mutex // Guards busy.
	busy    int        // Workers, at most s.Concurrency.
}

// Run delivers a subscription's events until ctx ends, then waits for the handlers under way, which keep their own
// timeout, and returns nil. It fails at once, naming the field, on a subscription that cannot be run. The body of an
// event is shared with other subscriptions: a handler does not change it.
func (b *Bus) Run(ctx context.Context, s events.Subscription) error {
	s, err := s.Checked()
	if err != nil {
		return err
	}
	d, err := b.durableNamed(s)
	if err != nil {
		return fmt.Errorf("subscribing %s: %w", s.Name, err)
	}
	r := &run{durable: d, s: s, ears: newListener(), moved: newListener()}
	d.join(r.ears)
	r.workers.Go(func() { r.saver(ctx) })
	r.pump(ctx)
	d.leave(r.ears)
	r.workers.Wait()
	return d.save()
}

// Declare makes a subscription's name known, so that it gets what is published from then on even if Run comes later.
// Repeating it is harmless.
func (b *Bus) Declare(_ context.Context, s events.Subscription) error {
	s, err := s.Checked()
	if err != nil {
		return err
	}
	if _, err = b.durableNamed(s); err != nil {
		return fmt.Errorf("declaring %s: %w", s.Name, err)
	}
	return nil
}

// pump starts a worker for each event that is due, up to the subscription's concurrency, until the context ends.
func (r *run) pump(ctx context.Context) {
	for ctx.Err() == nil {
		if due, idle := r.start(ctx); idle {
			r.wait(ctx, due)
		}
	}
}

// start gives one event to a new worker. It is idle when all are busy or nothing is due; then due, if not zero, is
// when something will be.
func (r *run) start(ctx context.Context) (due time.Time, idle bool) {
	if !r.enlist() {
		return time.Time{}, true
	}
	next, due := r.durable.take(r.s)
	if next == nil {
		r.dismiss()
		r.moved.wake() // Past events of other types, perhaps.
		return due, true
	}
	r.workers.Go(func() { r.work(ctx, next) })
	return time.Time{}, false
}

func (r *run) enlist() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.busy == r.s.Concurrency {
		return false
	}
	r.busy++
	return true
}

func (r *run) dismiss() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.busy--
}

// wait is until the run is woken, something is due, or the context ends.
func (r *run) wait(ctx context.Context, due time.Time) {
	if !due.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, due)
		defer cancel()
	}
	select {
	case <-r.ears.woken:
	case <-ctx.Done():
	}
}

// work handles an event, and then whatever else is due.
func (r *run) work(ctx context.Context, next *delivery) {
	for next != nil {
		r.durable.settle(r.s, next, r.handle(ctx, next.event))
		r.moved.wake()
		next = nil
		if ctx.Err() == nil {
			next, _ = r.durable.take(r.s)
		}
	}
	r.dismiss()
	// The pump may have found all workers busy just after this one found nothing to do: have it look again.
	r.ears.wake()
}

// handle is one try. A panic is a failure like any other: it must not take the whole bank down.
func (r *run) handle(ctx context.Context, e events.Event) (err error) {
	// Not cancelled with Run's context: a handler under way is waited for.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.s.Timeout)
	defer cancel()
	defer func() {
		if cause := recover(); cause != nil {
			// Not the cause: nobody knows what it would tell a log.
			r.durable.bus.options.Log.ErrorContext(ctx, "a handler panicked", "subscription", r.s.Name,
				"event_id", e.ID, "stack", string(debug.Stack()))
			err = errs.New(errs.Internal+".panic", "Something went wrong").Because(fmt.Errorf("panic: %v", cause))
		}
	}()
	return r.durable.bus.options.Around(ctx, r.s.Name, e, func(ctx context.Context) error { return r.s.Handle(ctx, e) })
}

// saver writes the watermark a little after it has moved.
func (r *run) saver(ctx context.Context) {
	for {
		select {
		case <-r.moved.woken:
		case <-ctx.Done():
			return // Run saves once more when the last handler is done.
		}
		if clock.Wait(ctx, saveEvery) != nil {
			return
		}
		if err := r.durable.save(); err != nil {
			r.durable.bus.options.Log.Error("saving a watermark", "subscription", r.s.Name, "error", err)
		}
	}
}
