package eventstest

import (
	"bytes"
	"context"
	"sync/atomic"
	"testing"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/events"
)

var running = map[string]func(*testing.T, events.Bus){
	"no more handlers run at once than it allows": concurrencyIsBounded,
	"its end waits for the handlers under way":    endWaits,
	"a handler's context has its timeout":         contextHasTimeout,
}

var refusing = map[string]func(*testing.T, events.Bus){
	"an event that breaks a rule is refused by name": badEvents,
	"a batch with one bad event is refused whole":    badBatch,
	"a body of 48 KiB is the largest":                largestBody,
	"a subscription that breaks a rule is refused":   badSubscriptions,
	"publishing nothing is nothing":                  publishNothing,
}

func concurrencyIsBounded(t *testing.T, bus events.Bus) {
	const bound = 3
	var now, most atomic.Int64
	got, release := newBox(), make(chan struct{})
	s := events.Subscription{Name: "bounded", Types: []string{Happened}, Concurrency: bound}
	s.Handle = func(ctx context.Context, e events.Event) error {
		most.Store(max(most.Load(), now.Add(1)))
		defer now.Add(-1)
		<-release
		return got.put(ctx, e)
	}
	start(t, bus, s)
	all := some(20, Happened)
	publish(t, bus, all...)
	eventually(t, "all handlers are busy", func() bool { return now.Load() == bound })
	close(release)
	got.await(t, all...)
	if most.Load() != bound {
		t.Fatalf("%d handlers ran at once, want %d", most.Load(), bound)
	}
}

func endWaits(t *testing.T, bus events.Bus) {
	entered, release := make(chan struct{}), make(chan struct{})
	var finished atomic.Bool
	s := events.Subscription{Name: "ending", Types: []string{Happened}, Concurrency: 1}
	s.Handle = func(ctx context.Context, _ events.Event) error {
		close(entered)
		<-release
		finished.Store(ctx.Err() == nil)
		return nil
	}
	stop := start(t, bus, s)
	publish(t, bus, some(1, Happened)...)
	<-entered
	stopped := make(chan struct{})
	go func() { defer close(stopped); stop() }()
	select {
	case <-stopped:
		t.Error("Run returned while a handler was under way")
	case <-timer(t, 50*time.Millisecond):
	}
	close(release)
	<-stopped
	if !finished.Load() {
		t.Fatal("the handler under way was not left to finish")
	}
}

// timer is closed after d.
func timer(t testing.TB, d time.Duration) <-chan struct{} {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx.Done()
}

func contextHasTimeout(t *testing.T, bus events.Bus) {
	left := make(chan time.Duration, 1)
	s := events.Subscription{Name: "limited", Types: []string{Happened}, Timeout: 7 * time.Second}
	s.Handle = func(ctx context.Context, _ events.Event) error {
		deadline, _ := ctx.Deadline()
		select {
		case left <- deadline.Sub(clock.Real{}.Now()):
		default: // A repeat.
		}
		return nil
	}
	start(t, bus, s)
	publish(t, bus, some(1, Happened)...)
	if got := <-left; got < 5*time.Second || got > 8*time.Second {
		t.Fatalf("a handler has %v, want about 7s", got)
	}
}

func badEvents(t *testing.T, bus events.Bus) {
	long := string(bytes.Repeat([]byte("k"), 257))
	for rule, e := range map[string]events.Event{
		"bad_request.missing_param.id":      {Type: Happened},
		"bad_request.bad_param.id":          {ID: long, Type: Happened},
		"bad_request.bad_param.key":         {ID: "evt_1", Type: Happened, Key: long},
		"bad_request.bad_param.traceparent": {ID: "evt_1", Type: Happened, Traceparent: long},
		"bad_request.bad_param.body":        {ID: "evt_1", Type: Happened, Body: make([]byte, events.MaxBody+1)},
		"bad_request.bad_param.type":        {ID: "evt_1", Type: "no_dot"},
	} {
		if err := bus.Publish(t.Context(), e); !errs.Is(err, rule) {
			t.Errorf("publishing: %v, want %s", err, rule)
		}
	}
	for _, kind := range []string{"", ".", "suite.", ".happened", "Suite.happened", "suite.a.b", "suite.a b", "1.a"} {
		err := bus.Publish(t.Context(), events.Event{ID: "evt_1", Type: kind})
		if !errs.Is(err, "bad_request.bad_param.type") {
			t.Errorf("publishing type %q: %v, want bad_request.bad_param.type", kind, err)
		}
	}
}

func badBatch(t *testing.T, bus events.Bus) {
	got, all := newBox(), some(3, Happened)
	start(t, bus, events.Subscription{Name: "strict", Types: []string{Happened}, Handle: got.put})
	if err := bus.Publish(t.Context(), all[0], events.Event{ID: "evt_bad"}, all[1]); err == nil {
		t.Fatal("a batch with a bad event was published")
	}
	publish(t, bus, all[2])
	got.await(t, all[2])
	if got.has(all[0].ID) || got.has(all[1].ID) {
		t.Fatal("a part of a refused batch was published")
	}
}

func largestBody(t *testing.T, bus events.Bus) {
	got, e := newBox(), some(1, Happened)[0]
	start(t, bus, events.Subscription{Name: "large", Types: []string{Happened}, Handle: got.put})
	e.Body = bytes.Repeat([]byte{'x'}, events.MaxBody)
	publish(t, bus, e)
	got.await(t, e)
	if !bytes.Equal(e.Body, got.get(e.ID).Body) {
		t.Fatal("the body changed on its way")
	}
}

func badSubscriptions(t *testing.T, bus events.Bus) {
	handle := func(context.Context, events.Event) error { return nil }
	for rule, s := range map[string]events.Subscription{
		"bad_request.bad_param.name":         {Name: "No Such", Types: []string{Happened}, Handle: handle},
		"bad_request.missing_param.types":    {Name: "refused", Handle: handle},
		"bad_request.bad_param.types":        {Name: "refused", Types: []string{Happened, "other.a"}, Handle: handle},
		"bad_request.bad_param.type":         {Name: "refused", Types: []string{"no_dot"}, Handle: handle},
		"bad_request.missing_param.handle":   {Name: "refused", Types: []string{Happened}},
		"bad_request.bad_param.subscription": {Name: "refused", Types: []string{Happened}, Handle: handle, After: -1},
	} {
		if err := bus.Run(t.Context(), s); !errs.Is(err, rule) {
			t.Errorf("running: %v, want %s", err, rule)
		}
	}
}

func publishNothing(t *testing.T, bus events.Bus) {
	if err := bus.Publish(t.Context()); err != nil {
		t.Fatalf("publishing nothing: %v", err)
	}
}
