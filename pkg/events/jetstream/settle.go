package jetstream

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/events"
)

// take takes in what the server sent.
func (r *run) take(ctx context.Context, m *nats.Msg) {
	switch r.pull.judge(m) {
	case anEvent:
		r.admit(m)
	case aRefusal:
		r.recover(ctx, m)
	case aSign, theEnd:
	}
}

func (r *run) admit(m *nats.Msg) {
	d, err := newDelivery(r.bus.conn, m)
	if err != nil {
		r.bus.config.Log.Error("an event cannot be taken", "subscription", r.s.Name, "error", err)
		return
	}
	r.reap()
	if r.here[d.sequence] != nil {
		return // The server had no word of it for too long, but here it is.
	}
	r.here[d.sequence] = d
	if r.youth(d.event) > 0 {
		r.held = append(r.held, d)
		return
	}
	r.ready = append(r.ready, d)
}

// recover makes the durable again if it is gone: with its stream's disk, or because somebody deleted it.
func (r *run) recover(ctx context.Context, m *nats.Msg) {
	if ctx.Err() != nil || clock.Wait(ctx, pullAgain) != nil {
		return
	}
	if m.Header.Get("Status") == "409" {
		r.bus.config.Log.Warn("the event bus ends a request", "subscription", r.s.Name,
			"reason", m.Header.Get("Description"))
	}
	r.bus.forgetStreams()
	if err := r.bus.ensureDurable(ctx, r.s); err != nil && ctx.Err() == nil {
		r.bus.config.Log.Warn("the event bus does not serve a subscription", "subscription", r.s.Name, "error", err)
	}
}

// start gives the next event to a handler.
func (r *run) start(ctx context.Context) {
	d := r.ready[0]
	r.ready[0] = nil
	r.ready = r.ready[1:]
	r.busy++
	// Not cancelled with Run's context: a handler under way is waited for.
	ctx = context.WithoutCancel(ctx)
	r.handlers.Go(func() {
		r.settle(ctx, d, r.handle(ctx, d))
		r.done <- d
	})
}

// handle is one try. A panic is a failure like any other: it must not take the whole bank down.
func (r *run) handle(ctx context.Context, d *delivery) (err error) {
	if d.bad != nil {
		return errors.Join(d.bad, events.ErrPoison)
	}
	if !slices.Contains(r.s.Types, d.event.Type) {
		return errStray
	}
	ctx, cancel := context.WithTimeout(ctx, r.s.Timeout)
	defer cancel()
	defer func() {
		if cause := recover(); cause != nil {
			// Not the cause: nobody knows what it would tell a log.
			r.bus.config.Log.ErrorContext(ctx, "a handler panicked", "subscription", r.s.Name,
				"event_id", d.event.ID, "stack", string(debug.Stack()))
			err = errs.New(errs.Internal+".panic", "Something went wrong").Because(fmt.Errorf("panic: %v", cause))
		}
	}()
	handle := func(ctx context.Context) error { return r.s.Handle(ctx, d.event) }
	return r.bus.config.Around(ctx, r.s.Name, d.event, handle)
}

// A stray is an event of a type that another release subscribed to: one that is being replaced, or was rolled back. It
// is left to that release for a while, and then, lest strays fill the subscription, to the dead letters.
const (
	strayTries = 10
	strayAgain = time.Second
)

var errStray = errs.New(errs.Unavailable+".event_type", "No release that runs subscribes to this type")

// settle tells the server what became of a delivery: done, to be tried again, or dead. If it cannot, the event is
// delivered again.
func (r *run) settle(ctx context.Context, d *delivery, failure error) {
	var err error
	isStray := errors.Is(failure, errStray)
	switch {
	case failure == nil:
		err = d.acknowledge()
	case isStray && d.tries < strayTries:
		err = d.giveBackFor(strayAgain)
	case errors.Is(failure, events.ErrPoison) || d.tries >= r.s.MaxTries || isStray:
		err = r.bury(ctx, d, failure)
	default:
		err = d.giveBackFor(events.RetryAfter(d.event.ID, d.tries))
	}
	if err != nil {
		r.bus.config.Log.Warn("an event will be delivered again", "subscription", r.s.Name,
			"event_id", d.event.ID, "error", err)
	}
}

// bury makes a dead letter of the event, and then has the server forget it.
func (r *run) bury(ctx context.Context, d *delivery, failure error) error {
	letter := events.DeadLetter{
		Event: d.event, Tries: d.tries, Reason: events.Reason(failure), At: clock.Real{}.Now(),
	}
	if err := r.bus.writeLetter(ctx, r.s.Name, letter); err != nil {
		return errors.Join(err, d.giveBackFor(buryAgain))
	}
	r.bus.config.Log.ErrorContext(ctx, "an event was given up", "subscription", r.s.Name, "event_id", letter.Event.ID,
		"type", letter.Event.Type, "tries", letter.Tries, "reason", letter.Reason)
	return d.acknowledge()
}

// buryAgain is when an event is tried once more whose letter could not be written.
const buryAgain = 5 * time.Second

func (b *Bus) writeLetter(ctx context.Context, name string, letter events.DeadLetter) error {
	if err := b.ensureDeadStream(ctx); err != nil {
		return err
	}
	m := &nats.Msg{Subject: b.deadSubject(name, letter.Event.ID), Data: appendLetter(nil, letter)}
	return await(ctx, []*publication{b.enqueue(ctx, b.deadStream(), []*nats.Msg{m})})
}
