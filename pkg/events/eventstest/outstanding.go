package eventstest

import (
	"context"
	"sync/atomic"
	"testing"

	"farthing/pkg/events"
)

var outstanding = map[string]func(*testing.T, events.Bus){
	"what is not acknowledged is outstanding, what is dead is not": outstandingIsCounted,
	"what was published before anybody runs is outstanding":        unreadIsOutstanding,
}

func outstandingIsCounted(t *testing.T, bus events.Bus) {
	all, mended := some(6, Happened), atomic.Bool{}
	poison, got := some(1, Happened)[0], newBox()
	s := events.Subscription{Name: "counting", Types: []string{Happened}}
	s.Handle = func(ctx context.Context, e events.Event) error {
		switch {
		case e.ID == poison.ID:
			return events.ErrPoison
		case !mended.Load():
			return errRefused
		}
		return got.put(ctx, e)
	}
	start(t, bus, s)
	publish(t, bus, append(all, poison)...)
	wantLetters(t, bus, s.Name, 1)
	// In the end: a bus that reorders may still hold a probe back.
	eventually(t, "what was refused is outstanding", func() bool { return outstandingOf(t, bus, s) == int64(len(all)) })
	mended.Store(true)
	got.await(t, all...)
	eventually(t, "nothing is outstanding", func() bool { return outstandingOf(t, bus, s) == 0 })
}

func unreadIsOutstanding(t *testing.T, bus events.Bus) {
	got, all := newBox(), some(5, Happened)
	s := events.Subscription{Name: "late", Types: []string{Happened}, Handle: got.put}
	if err := bus.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if n := outstandingOf(t, bus, s); n != 0 {
		t.Errorf("%d events are outstanding before any", n)
	}
	publish(t, bus, append(all, some(3, Ended)...)...)
	if n := outstandingOf(t, bus, s); n != int64(len(all)) {
		t.Errorf("%d events are outstanding, want %d", n, len(all))
	}
	start(t, bus, s)
	got.await(t, all...)
	eventually(t, "nothing is outstanding", func() bool { return outstandingOf(t, bus, s) == 0 })
}

func outstandingOf(t testing.TB, bus events.Bus, s events.Subscription) int64 {
	t.Helper()
	n, err := bus.Outstanding(t.Context(), s)
	if err != nil {
		t.Fatalf("counting what is outstanding: %v", err)
	}
	return n
}
