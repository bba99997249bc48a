package eventstest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"farthing/pkg/errs"
	"farthing/pkg/events"
)

var failing = map[string]func(*testing.T, events.Bus){
	"a failure is tried again and does not hold up others": triedAgain,
	"an event that fails too often becomes a dead letter":  buried,
	"a dead letter is replayed from its first try":         replayed,
	"poison becomes a dead letter at once":                 poisoned,
	"a panic is a failure":                                 panicked,
	"a handling that takes too long is tried again":        timedOut,
	"replaying what is no dead letter is not found":        replayedNothing,
	"a name's dead letters are its own":                    ownLetters,
}

var errRefused = errs.New(errs.Unavailable+".merchant", "The merchant service is away")

func triedAgain(t *testing.T, bus events.Bus) {
	all, got := some(50, Happened), newBox()
	tries := make([]atomic.Int64, 1)
	handle := func(ctx context.Context, e events.Event) error {
		if e.ID == all[0].ID && tries[0].Add(1) < 3 {
			return errRefused
		}
		return got.put(ctx, e)
	}
	start(t, bus, events.Subscription{Name: "again", Types: []string{Happened}, Handle: handle, Concurrency: 1})
	publish(t, bus, all...)
	got.await(t, all[1:]...)
	got.await(t, all[0])
	wantLetters(t, bus, "again", 0)
}

func buried(t *testing.T, bus events.Bus) {
	e := some(1, Happened)[0]
	s := events.Subscription{Name: "burying", Types: []string{Happened}, MaxTries: 3}
	s.Handle = func(context.Context, events.Event) error {
		return fmt.Errorf("asking for Mrs Smith: %w", errRefused)
	}
	start(t, bus, s)
	publish(t, bus, e)
	letter := wantLetters(t, bus, s.Name, 1)[0]
	if diff := cmp.Diff(e, letter.Event, cmpopts.IgnoreFields(events.Event{}, "PublishedAt")); diff != "" {
		t.Fatalf("the dead letter's event differs:\n%s", diff)
	}
	if letter.Tries != 3 || letter.At.Before(letter.Event.PublishedAt) {
		t.Fatalf("dead after %d tries at %v, want 3, after %v", letter.Tries, letter.At, letter.Event.PublishedAt)
	}
	if !strings.Contains(letter.Reason, errRefused.Code) || strings.Contains(letter.Reason, "Smith") {
		t.Fatalf("the reason is %q, want the coded part of the error only", letter.Reason)
	}
}

func replayed(t *testing.T, bus events.Bus) {
	e, got := some(1, Happened)[0], newBox()
	var mended atomic.Bool
	s := events.Subscription{Name: "replaying", Types: []string{Happened}, MaxTries: 2}
	s.Handle = func(ctx context.Context, e events.Event) error {
		if !mended.Load() {
			return errRefused
		}
		return got.put(ctx, e)
	}
	start(t, bus, s)
	publish(t, bus, e)
	wantLetters(t, bus, s.Name, 1)

	replay(t, bus, s.Name, e.ID) // It fails again, from its first try.
	eventually(t, "the replayed event is dead again", func() bool {
		letters, err := bus.DeadLetters(t.Context(), s.Name, 10)
		return err == nil && len(letters) == 1 && letters[0].Tries == 2
	})
	mended.Store(true)
	replay(t, bus, s.Name, e.ID)
	got.await(t, e)
	wantLetters(t, bus, s.Name, 0)
}

func replay(t testing.TB, bus events.Bus, name, eventID string) {
	t.Helper()
	if err := bus.Replay(t.Context(), name, eventID); err != nil {
		t.Fatalf("replaying: %v", err)
	}
}

func poisoned(t *testing.T, bus events.Bus) {
	s := events.Subscription{Name: "poisoned", Types: []string{Happened}}
	s.Handle = func(context.Context, events.Event) error {
		return fmt.Errorf("reading the body: %w", errors.Join(errRefused, events.ErrPoison))
	}
	start(t, bus, s)
	publish(t, bus, some(1, Happened)...)
	if letter := wantLetters(t, bus, s.Name, 1)[0]; letter.Tries != 1 {
		t.Fatalf("poison was tried %d times, want once", letter.Tries)
	}
}

func panicked(t *testing.T, bus events.Bus) {
	s := events.Subscription{Name: "panicking", Types: []string{Happened}, MaxTries: 1}
	s.Handle = func(context.Context, events.Event) error { panic("Mrs Smith") }
	start(t, bus, s)
	publish(t, bus, some(1, Happened)...)
	if letter := wantLetters(t, bus, s.Name, 1)[0]; !strings.HasPrefix(letter.Reason, errs.Internal) {
		t.Fatalf("the reason is %q, want an internal error", letter.Reason)
	}
}

func timedOut(t *testing.T, bus events.Bus) {
	e, got := some(1, Happened)[0], newBox()
	var tries atomic.Int64
	s := events.Subscription{Name: "hanging", Types: []string{Happened}, Timeout: 50 * time.Millisecond}
	s.Handle = func(ctx context.Context, e events.Event) error {
		if tries.Add(1) == 1 {
			<-ctx.Done()
			return ctx.Err()
		}
		return got.put(ctx, e)
	}
	start(t, bus, s)
	publish(t, bus, e)
	got.await(t, e)
}

func replayedNothing(t *testing.T, bus events.Bus) {
	got := newBox()
	start(t, bus, events.Subscription{Name: "healthy", Types: []string{Happened}, Handle: got.put})
	for _, name := range []string{"healthy", "nobody"} {
		if err := bus.Replay(t.Context(), name, "evt_none"); !errs.Is(err, errs.NotFound) {
			t.Errorf("replaying nothing of %s: %v, want not_found", name, err)
		}
	}
}

func ownLetters(t *testing.T, bus events.Bus) {
	all := some(4, Happened)
	for _, name := range []string{"left", "left_right"} {
		s := events.Subscription{Name: name, Types: []string{Happened}}
		s.Handle = func(context.Context, events.Event) error { return events.ErrPoison }
		start(t, bus, s)
	}
	publish(t, bus, all...)
	wantLetters(t, bus, "left_right", len(all))
	wantLetters(t, bus, "left", len(all))
	wantLetters(t, bus, "right", 0)
	replay(t, bus, "left", all[1].ID)
	wantLetters(t, bus, "left", len(all)) // Dead again.
	if few, err := bus.DeadLetters(t.Context(), "left_right", 2); err != nil || len(few) != 2 {
		t.Fatalf("asked for 2 dead letters: got %d, %v", len(few), err)
	}
}

// wantLetters waits until a name has so many dead letters, and answers them.
func wantLetters(t testing.TB, bus events.Bus, name string, n int) []events.DeadLetter {
	t.Helper()
	var letters []events.DeadLetter
	eventually(t, fmt.Sprintf("%s has %d dead letters", name, n), func() bool {
		var err error
		if letters, err = bus.DeadLetters(t.Context(), name, 100); err != nil {
			t.Fatalf("listing dead letters: %v", err)
		}
		return len(letters) == n
	})
	return letters
}
