package jetstream_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/events"
	"farthing/pkg/events/eventstest"
	"farthing/pkg/events/jetstream"
	"farthing/pkg/events/jetstream/natsserver"
)

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

// book is what publishers were promised and consumers have handled.
type book struct {
	mu       sync.Mutex // Guards the rest.
	promised map[string]bool
	handled  map[string]int
	errors   []error
}

func newBook() *book { return &book{promised: make(map[string]bool), handled: make(map[string]int)} }

func (b *book) handle(_ context.Context, e events.Event) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.handled[e.ID]++
	return nil
}

func (b *book) answered(id string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		b.errors = append(b.errors, err)
		return
	}
	b.promised[id] = true
}

// owed counts what was promised and is not handled yet, and promises.
func (b *book) owed() (owed, promised int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id := range b.promised {
		if b.handled[id] == 0 {
			owed++
		}
	}
	return owed, len(b.promised)
}

func (b *book) failures() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.errors)
}

func (b *book) handlings(id string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.handled[id]
}

// publishUntil publishes one event after another, whatever comes of it.
func (b *book) publishUntil(ctx context.Context, bus events.Bus, publisher int) {
	for n := 0; ctx.Err() == nil; n++ {
		e := events.Event{ID: fmt.Sprint("evt_", publisher, "_", n), Type: eventstest.Happened}
		b.answered(e.ID, bus.Publish(context.WithoutCancel(ctx), e))
		_ = clock.Wait(ctx, time.Millisecond)
	}
}

// The server is killed and comes back, several times, under publishers and two Runs who share a name.
func TestNothingAcknowledgedIsLostWhileTheServerIsKilledAndComesBack(t *testing.T) {
	p, b := newProcess(t), newBook()
	bus := p.Open(t)
	s := events.Subscription{Name: "reader", Types: []string{eventstest.Happened}, Handle: b.handle}
	if err := bus.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	publishing, cancel := context.WithCancel(t.Context())
	var publishers sync.WaitGroup
	for n := range 8 {
		publishers.Go(func() { b.publishUntil(publishing, bus, n) })
	}
	startRun(t, bus, s)
	startRun(t, busAt(t, p.url, ""), s)
	for range 5 {
		_, before := b.owed()
		eventually(t, "publishing goes on", func() bool { _, now := b.owed(); return now > before+100 })
		p.Kill(t)
		noticed := b.failures()
		eventually(t, "publishers notice", func() bool { return b.failures() > noticed+100 })
		p.start(t)
	}
	_, before := b.owed()
	eventually(t, "publishing goes on in the end", func() bool { _, now := b.owed(); return now > before+100 })
	cancel()
	publishers.Wait()
	eventually(t, "all that was promised is handled", func() bool { owed, _ := b.owed(); return owed == 0 })
	for _, err := range b.errors {
		if !errs.Is(err, errs.Unavailable) && !errs.Is(err, errs.OutcomeUnknown) {
			t.Errorf("publishing to a server that was killed: %v", err)
		}
	}
}

func TestPublishingWhileTheServerIsAwayIsUnavailableAtOnce(t *testing.T) {
	server, err := natsserver.Start(natsserver.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	bus := busAt(t, server.URL(), "")
	if err := bus.Publish(t.Context(), eventstest.Sample(1)); err != nil {
		t.Fatal(err)
	}
	_ = server.Close()
	eventually(t, "the bus knows that the server is away", func() bool {
		return errs.Is(bus.Publish(t.Context(), eventstest.Sample(2)), errs.Unavailable)
	})
	many := make([]events.Event, 100) // They would go as a batch.
	for n := range many {
		many[n] = eventstest.Sample(int64(n))
	}
	watch := clock.Start()
	if err := bus.Publish(t.Context(), many...); !errs.Is(err, errs.Unavailable) || watch.Elapsed() > 3*time.Second {
		t.Errorf("publishing after %v: %v, want unavailable at once", watch.Elapsed(), err)
	}
	if _, err := bus.DeadLetters(t.Context(), "reader", 10); !errs.Is(err, errs.Unavailable) {
		t.Errorf("listing dead letters: %v, want unavailable", err)
	}
}

// A server that hangs may have got the event: nobody knows.
func TestPublishingToAServerThatHangsHasAnUnknownOutcome(t *testing.T) {
	p := newProcess(t)
	bus := p.Open(t)
	if err := bus.Publish(t.Context(), eventstest.Sample(1)); err != nil {
		t.Fatal(err)
	}
	_ = p.command.Process.Signal(syscall.SIGSTOP)
	defer func() { _ = p.command.Process.Signal(syscall.SIGCONT) }()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err := bus.Publish(ctx, eventstest.Sample(2))
	if !errs.Is(err, errs.OutcomeUnknown) || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("publishing to a server that hangs: %v, want an unknown outcome", err)
	}
	if err := bus.Publish(ctx, eventstest.Sample(3)); !errs.Is(err, errs.OutcomeUnknown) {
		t.Fatalf("publishing with an ended context: %v, want an unknown outcome", err)
	}
}

func TestARunThatBeginsWhileTheServerIsAwayGoesOnWhenItIsBack(t *testing.T) {
	p, b := newProcess(t), newBook()
	p.start(t)
	complained := make(complaint, 1)
	bus, err := jetstream.Open(t.Context(), jetstream.Config{URL: p.url, Log: slog.New(complained)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Close() })
	s := events.Subscription{Name: "reader", Types: []string{eventstest.Happened}, Handle: b.handle}
	if err := bus.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if err := bus.Publish(t.Context(), eventstest.Sample(1)); err != nil {
		t.Fatal(err)
	}
	p.Kill(t)
	startRun(t, bus, s)
	<-complained
	p.start(t)
	eventually(t, "the event is handled", func() bool { return b.handlings(eventstest.Sample(1).ID) > 0 })
}

// complaint is a log that hears of a subscription which is not served.
type complaint chan struct{}

func (c complaint) Enabled(context.Context, slog.Level) bool { return true }
func (c complaint) WithAttrs([]slog.Attr) slog.Handler       { return c }
func (c complaint) WithGroup(string) slog.Handler            { return c }

func (c complaint) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "does not serve") {
		select {
		case c <- struct{}{}:
		default: // Once is enough.
		}
	}
	return nil
}

func TestOpeningWithoutAServerFailsWhenItsContextEnds(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := jetstream.Open(ctx, jetstream.Config{URL: "nats://user:secret@127.0.0.1:1"})
	if !errs.Is(err, errs.Unavailable) || strings.Contains(err.Error(), "secret") {
		t.Fatalf("opening without a server: %v, want unavailable", err)
	}
}

func TestOnlyWhoHasTheTokenIsServed(t *testing.T) {
	server := serve(t, natsserver.Options{Token: "secret"})
	if err := busAt(t, server.URL(), "").Publish(t.Context(), eventstest.Sample(1)); err != nil {
		t.Fatalf("publishing with the token: %v", err)
	}
	wrong := strings.Replace(server.URL(), "secret", "guessed", 1)
	_, err := jetstream.Open(t.Context(), jetstream.Config{URL: wrong})
	if err == nil || strings.Contains(err.Error(), "guessed") {
		t.Fatalf("opening with a wrong token: %v", err)
	}
}

func TestAConfigThatCanNeverWorkIsRefusedByNameAndNotQuoted(t *testing.T) {
	for rule, c := range map[string]jetstream.Config{
		"bad_request.missing_param.url":  {},
		"bad_request.bad_param.url":      {URL: "nats://secret:secret\x7f@host"},
		"bad_request.bad_param.prefix":   {URL: "nats://host", Prefix: "a.b"},
		"bad_request.bad_param.replicas": {URL: "nats://host", Replicas: -1},
	} {
		if _, err := jetstream.Open(t.Context(), c); !errs.Is(err, rule) || strings.Contains(err.Error(), "secret") {
			t.Errorf("opening: %v, want %s", err, rule)
		}
	}
}

func TestPublishingAfterCloseIsUnavailable(t *testing.T) {
	server := serve(t, natsserver.Options{})
	bus, err := jetstream.Open(t.Context(), jetstream.Config{URL: server.URL()})
	if err != nil {
		t.Fatal(err)
	}
	if err := bus.Publish(t.Context(), eventstest.Sample(1)); err != nil {
		t.Fatal(err)
	}
	_ = bus.Close()
	if err := bus.Publish(t.Context(), eventstest.Sample(2)); !errs.Is(err, errs.Unavailable) {
		t.Fatalf("publishing on a closed bus: %v, want unavailable", err)
	}
	if err := bus.Close(); err != nil {
		t.Fatalf("closing twice: %v", err)
	}
}

// startRun runs a subscription until the test ends or it is stopped.
func startRun(t testing.TB, bus events.Bus, s events.Subscription) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := bus.Run(ctx, s); err != nil {
			t.Errorf("running %s: %v", s.Name, err)
		}
	}()
	stop = func() { cancel(); <-ended }
	t.Cleanup(stop)
	return stop
}

// eventually returns once true is so.
func eventually(t testing.TB, what string, isSo func() bool) {
	t.Helper()
	for watch := clock.Start(); !isSo(); {
		if watch.Elapsed() > patience {
			t.Fatalf("it never came about that %s", what)
		}
		if err := clock.Wait(t.Context(), 2*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
}
