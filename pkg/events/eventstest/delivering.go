package eventstest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"farthing/pkg/clock"
	"farthing/pkg/events"
)

var delivering = map[string]func(*testing.T, events.Bus){
	"an event arrives whole":                              arrivesWhole,
	"each name gets every event":                          eachNameGetsAll,
	"those who run one name share its events":             oneNameShares,
	"a subscription gets only the types it names":         onlyItsTypes,
	"a new name gets what is published from then on":      newNameBeginsNow,
	"a name that does not run misses nothing":             missesNothing,
	"many publishers at once lose nothing":                manyPublishers,
	"a slow subscription does not hold up another":        slowHurtsNobody,
	"an event is held back until it is old enough":        heldBack,
	"the caller's body may change after it was published": bodyIsCopied,
}

func arrivesWhole(t *testing.T, bus events.Bus) {
	got, now := newBox(), clock.Real{}.Now()
	start(t, bus, events.Subscription{Name: "whole", Types: []string{Happened}, Handle: got.put})
	want := events.Event{
		ID: "evt_whole", Type: Happened, Key: "acc_1", Version: 7,
		OccurredAt:  time.Date(2026, 11, 23, 8, 0, 0, 123e6, time.UTC),
		Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		ClockOffset: -3 * time.Hour, Body: []byte{0, 1, 2, 255},
	}
	publish(t, bus, want)
	got.await(t, want)
	arrived := got.get(want.ID)
	if diff := cmp.Diff(want, arrived, cmpopts.IgnoreFields(events.Event{}, "PublishedAt")); diff != "" {
		t.Fatalf("the event changed on its way:\n%s", diff)
	}
	if at := arrived.PublishedAt; at.Before(now) || at.After(clock.Real{}.Now().Add(time.Second)) {
		t.Fatalf("published at %v, which is not now (%v)", at, now)
	}
}

func eachNameGetsAll(t *testing.T, bus events.Bus) {
	one, two := newBox(), newBox()
	start(t, bus, events.Subscription{Name: "one", Types: []string{Happened}, Handle: one.put})
	start(t, bus, events.Subscription{Name: "two", Types: []string{Happened}, Handle: two.put})
	all := some(100, Happened)
	publish(t, bus, all...)
	one.await(t, all...)
	two.await(t, all...)
}

func oneNameShares(t *testing.T, bus events.Bus) {
	both, first, second := newBox(), newBox(), newBox()
	share := func(mine *box) func(context.Context, events.Event) error {
		return func(ctx context.Context, e events.Event) error {
			_ = mine.put(ctx, e)
			return both.put(ctx, e)
		}
	}
	s := events.Subscription{Name: "shared", Types: []string{Happened}, Concurrency: 2}
	s.Handle = share(first)
	stop := start(t, bus, s)
	s.Handle = share(second)
	start(t, bus, s)
	all := some(400, Happened)
	for _, e := range all {
		publish(t, bus, e)
	}
	both.await(t, all...)
	if _, deliveries := both.counts(); deliveries >= 2*len(all) {
		t.Fatalf("%d events were delivered %d times: they were not shared", len(all), deliveries)
	}
	stop()
	rest := some(50, Happened)
	publish(t, bus, rest...)
	second.await(t, rest...) // The one that still runs gets all of them.
}

func onlyItsTypes(t *testing.T, bus events.Bus) {
	ended, all := newBox(), newBox()
	start(t, bus, events.Subscription{Name: "ended", Types: []string{Ended}, Handle: ended.put})
	start(t, bus, events.Subscription{Name: "all", Types: []string{Happened, Ended}, Handle: all.put})
	mixed := append(some(5, Happened), some(5, Ended)...)
	publish(t, bus, mixed...)
	all.await(t, mixed...)
	ended.await(t, mixed[5:]...)
	if ended.has(mixed[0].ID) {
		t.Fatal("a subscription was given a type it does not name")
	}
}

func newNameBeginsNow(t *testing.T, bus events.Bus) {
	before, after := some(1, Happened), some(1, Happened)
	publish(t, bus, before...)
	got := newBox()
	start(t, bus, events.Subscription{Name: "late", Types: []string{Happened}, Handle: got.put})
	publish(t, bus, after...)
	got.await(t, after...)
	if got.has(before[0].ID) {
		t.Fatal("a new name was given what was published before it was known")
	}
}

func missesNothing(t *testing.T, bus events.Bus) {
	got := newBox()
	s := events.Subscription{Name: "pausing", Types: []string{Happened}, Handle: got.put}
	start(t, bus, s)()
	meanwhile := some(300, Happened)
	publish(t, bus, meanwhile...)
	start(t, bus, s)
	got.await(t, meanwhile...)
}

func manyPublishers(t *testing.T, bus events.Bus) {
	const publishers, each = 32, 50
	got := newBox()
	start(t, bus, events.Subscription{Name: "many", Types: []string{Happened}, Handle: got.put})
	all := some(publishers*each, Happened)
	var done sync.WaitGroup
	for p := range publishers {
		done.Go(func() {
			for _, e := range all[p*each : (p+1)*each] {
				if err := bus.Publish(t.Context(), e); err != nil {
					t.Errorf("publishing: %v", err)
				}
			}
		})
	}
	done.Wait()
	got.await(t, all...)
}

func slowHurtsNobody(t *testing.T, bus events.Bus) {
	release, quick := make(chan struct{}), newBox()
	defer close(release)
	stuck := func(context.Context, events.Event) error { <-release; return nil }
	start(t, bus, events.Subscription{Name: "slow", Types: []string{Happened}, Handle: stuck, Concurrency: 1})
	start(t, bus, events.Subscription{Name: "quick", Types: []string{Happened}, Handle: quick.put})
	all := some(500, Happened)
	publish(t, bus, all...)
	quick.await(t, all...)
}

func heldBack(t *testing.T, bus events.Bus) {
	const age = 400 * time.Millisecond
	got := newBox()
	handle := func(ctx context.Context, e events.Event) error {
		if young := (clock.Real{}).Now().Sub(e.PublishedAt); young < age {
			t.Errorf("event delivered at the age of %v, want at least %v", young, age)
		}
		return got.put(ctx, e)
	}
	start(t, bus, events.Subscription{
		Name: "patient", Types: []string{Happened}, Handle: handle, After: age, MaxTries: 1,
	})
	all := some(20, Happened)
	publish(t, bus, all...)
	got.await(t, all...)
	wantLetters(t, bus, "patient", 0) // Waiting was not a try.
}

func bodyIsCopied(t *testing.T, bus events.Bus) {
	got, e := newBox(), some(1, Happened)[0]
	start(t, bus, events.Subscription{Name: "copied", Types: []string{Happened}, Handle: got.put})
	e.Body = []byte("before")
	publish(t, bus, e)
	copy(e.Body, "AFTER!")
	got.await(t, e)
	if body := string(got.get(e.ID).Body); body != "before" {
		t.Fatalf("the body is %q, want %q", body, "before")
	}
}
