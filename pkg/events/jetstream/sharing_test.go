package jetstream_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/events"
	"farthing/pkg/events/eventstest"
	"farthing/pkg/events/jetstream"
	"farthing/pkg/events/jetstream/natsserver"
)

func publishAll(t testing.TB, bus events.Bus, n int, kind string) []events.Event {
	t.Helper()
	all := make([]events.Event, n)
	for i := range all {
		all[i] = events.Event{ID: fmt.Sprint("evt_", i), Type: kind}
	}
	if err := bus.Publish(t.Context(), all...); err != nil {
		t.Fatalf("publishing %d events: %v", n, err)
	}
	return all
}

func TestTwoBusesShareANamesEvents(t *testing.T) {
	server := serve(t, natsserver.Options{})
	one, two := busAt(t, server.URL(), ""), busAt(t, server.URL(), "")
	b, shares := newBook(), make([]atomic.Int64, 2)
	for n, bus := range []events.Bus{one, two} {
		s := events.Subscription{Name: "shared", Types: []string{eventstest.Happened}, Concurrency: 4}
		s.Handle = func(ctx context.Context, e events.Event) error {
			shares[n].Add(1)
			_ = clock.Wait(ctx, time.Millisecond)
			return b.handle(ctx, e)
		}
		if err := bus.Declare(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		startRun(t, bus, s)
	}
	all := publishAll(t, one, 1_000, eventstest.Happened)
	for _, e := range all {
		eventually(t, "each event is handled", func() bool { return b.handlings(e.ID) > 0 })
	}
	if a, b := shares[0].Load(), shares[1].Load(); a < 100 || b < 100 || a+b > 1_100 {
		t.Fatalf("one handled %d and the other %d of %d events", a, b, len(all))
	}
}

// A Run that ends gives back what it has not begun: others need not wait until the server misses a word about it.
func TestWhatARunHasNotBegunGoesToOthersAtOnce(t *testing.T) {
	server := serve(t, natsserver.Options{})
	bus, b, release := busAt(t, server.URL(), ""), newBook(), make(chan struct{})
	entered := make(chan struct{}, 100)
	s := events.Subscription{Name: "shared", Types: []string{eventstest.Happened}, Concurrency: 8}
	s.Handle = func(context.Context, events.Event) error { entered <- struct{}{}; <-release; return nil }
	stopped := make(chan struct{})
	stop := startRun(t, bus, s)
	defer func() { <-stopped }()
	defer close(release)
	if err := bus.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	publishAll(t, bus, 16, eventstest.Happened)
	for range 8 {
		<-entered
	}
	go func() { defer close(stopped); stop() }()
	s.Handle = b.handle
	watch := clock.Start()
	startRun(t, busAt(t, server.URL(), ""), s)
	eventually(t, "the others are handled", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.handled) == 8
	})
	if watch.Elapsed() > 6*time.Second {
		t.Fatalf("the others had to wait %v for what was given back", watch.Elapsed())
	}
}

func TestAHandlerMayTakeLongerThanTheServerWaits(t *testing.T) {
	bus, b := busAt(t, serve(t, natsserver.Options{}).URL(), ""), newBook()
	bus.SetAckWait(1_500 * time.Millisecond) // A busy machine may take one for itself.
	s := events.Subscription{Name: "slow", Types: []string{eventstest.Happened}, MaxTries: 1}
	var begun atomic.Int64
	s.Handle = func(ctx context.Context, e events.Event) error {
		begun.Add(1)
		_ = clock.Wait(ctx, 1_500*time.Millisecond)
		return b.handle(ctx, e)
	}
	if err := bus.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	startRun(t, bus, s)
	startRun(t, bus, s)
	e := publishAll(t, bus, 1, eventstest.Happened)[0]
	eventually(t, "the event is handled", func() bool { return b.handlings(e.ID) > 0 })
	if n := begun.Load(); n != 1 {
		t.Fatalf("%d handlings of the event began, though the first was under way", n)
	}
}

// Held back for longer than the server waits, an event is still at its first try.
func TestWaitingForItsAgeIsNotATryOfAnEvent(t *testing.T) {
	bus := busAt(t, serve(t, natsserver.Options{}).URL(), "")
	bus.SetAckWait(1_500 * time.Millisecond) // A busy machine may take one for itself.
	s := events.Subscription{Name: "patient", Types: []string{eventstest.Happened}, After: 4 * time.Second}
	s.Handle = func(_ context.Context, e events.Event) error {
		if age := (clock.Real{}).Now().Sub(e.PublishedAt); age < s.After {
			t.Errorf("handled at the age of %v", age)
		}
		return events.ErrPoison
	}
	if err := bus.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	startRun(t, bus, s)
	publishAll(t, bus, 100, eventstest.Happened) // More than are held at once.
	eventually(t, "all are dead", func() bool {
		letters, err := bus.DeadLetters(t.Context(), s.Name, 200)
		for _, letter := range letters {
			if letter.Tries != 1 {
				t.Fatalf("an event had %d tries, want 1", letter.Tries)
			}
		}
		return err == nil && len(letters) == 100
	})
}

func TestANewReleaseMayWantMoreTypes(t *testing.T) {
	server := serve(t, natsserver.Options{})
	bus, b := busAt(t, server.URL(), ""), newBook()
	old := events.Subscription{Name: "reader", Types: []string{eventstest.Happened}, Handle: func(
		_ context.Context, e events.Event,
	) error {
		if e.Type != eventstest.Happened {
			t.Errorf("the old release was given a %s", e.Type)
		}
		return nil
	}}
	startRun(t, bus, old)
	wide := old
	wide.Types, wide.Handle = []string{eventstest.Ended, eventstest.Happened}, b.handle
	if err := bus.Declare(t.Context(), wide); err != nil {
		t.Fatal(err)
	}
	if err := bus.Declare(t.Context(), old); err != nil { // It restarts, and must not take the type away.
		t.Fatal(err)
	}
	startRun(t, busAt(t, server.URL(), ""), wide)
	for _, e := range publishAll(t, bus, 20, eventstest.Ended) {
		eventually(t, "each event of the new type is handled", func() bool { return b.handlings(e.ID) > 0 })
	}
}

func TestWhatIsNoEventGoesToTheDeadLetters(t *testing.T) {
	server := serve(t, natsserver.Options{})
	bus := busAt(t, server.URL(), "")
	s := events.Subscription{Name: "reader", Types: []string{eventstest.Happened}}
	s.Handle = func(context.Context, events.Event) error { t.Error("it was handled"); return nil }
	startRun(t, bus, s)
	if err := bus.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	conn, err := nats.Connect(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for range 2 {
		if _, err := conn.Request("events."+eventstest.Happened, []byte("no event"), patience); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "both are dead letters", func() bool {
		letters, err := bus.DeadLetters(t.Context(), s.Name, 10)
		return err == nil && len(letters) == 2 && string(letters[0].Event.Body) == "no event" &&
			letters[0].Event.Type == eventstest.Happened && strings.HasPrefix(letters[0].Reason, errs.Internal)
	})
}

// Without a durable nobody would keep the replayed event: the letter must stay.
func TestALetterWhoseSubscriptionIsGoneIsNotReplayed(t *testing.T) {
	server := serve(t, natsserver.Options{})
	bus := busAt(t, server.URL(), "")
	s := events.Subscription{Name: "reader", Types: []string{eventstest.Happened}}
	s.Handle = func(context.Context, events.Event) error { return events.ErrPoison }
	if err := bus.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	stop := startRun(t, bus, s)
	e := publishAll(t, bus, 1, eventstest.Happened)[0]
	dead := func() bool {
		letters, err := bus.DeadLetters(t.Context(), s.Name, 10)
		return err == nil && len(letters) == 1
	}
	eventually(t, "the event is dead", dead)
	stop()
	deleteDurable(t, server.URL(), eventstest.Stream, s.Name)
	if err := bus.Replay(t.Context(), s.Name, e.ID); !errs.Is(err, errs.PreconditionFailed) || !dead() {
		t.Fatalf("replaying for a subscription that is gone: %v", err)
	}
}

// Somebody deletes a durable under its Run, which makes it again.
func TestARunMakesItsDurableAgain(t *testing.T) {
	server := serve(t, natsserver.Options{})
	bus, b := busAt(t, server.URL(), ""), newBook()
	s := events.Subscription{Name: "reader", Types: []string{eventstest.Happened}, Handle: b.handle}
	if err := bus.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	startRun(t, bus, s)
	e := publishAll(t, bus, 1, eventstest.Happened)[0]
	eventually(t, "an event is handled", func() bool { return b.handlings(e.ID) > 0 })
	deleteDurable(t, server.URL(), eventstest.Stream, s.Name)
	before := b.handlings(e.ID)
	eventually(t, "events are handled again", func() bool {
		publishAll(t, bus, 1, eventstest.Happened)
		return b.handlings(e.ID) > before
	})
}

func TestBanksWithPrefixesDoNotHearEachOther(t *testing.T) {
	server := serve(t, natsserver.Options{})
	mine, yours := busAt(t, server.URL(), "mine_"), busAt(t, server.URL(), "yours_")
	b := newBook()
	s := events.Subscription{Name: "reader", Types: []string{eventstest.Happened}, Handle: b.handle}
	for _, bus := range []*jetstream.Bus{mine, yours} {
		if err := bus.Declare(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	startRun(t, mine, s)
	publishAll(t, yours, 10, eventstest.Happened)
	last := events.Event{ID: "evt_mine", Type: eventstest.Happened}
	if err := mine.Publish(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the event is handled", func() bool { return b.handlings(last.ID) == 1 })
	if n := b.handlings("evt_0"); n > 0 {
		t.Fatal("another bank's event was handled")
	}
}

func deleteDurable(t testing.TB, url, stream, durable string) {
	t.Helper()
	conn, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answer, err := conn.Request("$JS.API.CONSUMER.DELETE."+stream+"."+durable, nil, patience)
	if err != nil || !strings.Contains(string(answer.Data), `"success":true`) {
		t.Fatalf("deleting a durable: %v", err)
	}
}
