package eventstest

import (
	"context"
	"maps"
	"slices"
	"sync/atomic"
	"testing"

	"farthing/pkg/events"
)

// Site is where a bus keeps its events: it can be opened, and killed with whatever was not yet durable.
type Site interface {
	Open(testing.TB) events.Bus
	// Kill ends the bus as a power cut would. It is called when no Run is left, though Run may have had no chance to
	// tell the disk: what was not synced is gone.
	Kill(testing.TB)
}

// RunReopening proves that a bus keeps its promises across kills. It asks for a new site for each test.
func RunReopening(t *testing.T, site func(testing.TB) Site) {
	for _, name := range slices.Sorted(maps.Keys(reopening)) {
		t.Run(name, func(t *testing.T) { reopening[name](t, site(t)) })
	}
}

var reopening = map[string]func(*testing.T, Site){
	"what was published is there after a kill":          publishedSurvives,
	"what was not acknowledged comes again":             unacknowledgedComesAgain,
	"a name is known after a kill":                      nameSurvives,
	"a name is known as soon as it is declared":         declaredSurvives,
	"a failing event keeps being tried":                 tryingGoesOn,
	"dead letters are kept and replayed after a kill":   lettersSurvive,
	"many kills in a row lose nothing":                  manyKills,
	"what is published later comes after what survived": sequenceGoesOn,
}

func publishedSurvives(t *testing.T, site Site) {
	got, all := newBox(), some(200, Happened)
	s := events.Subscription{Name: "reader", Types: []string{Happened}, Handle: got.put}
	bus := site.Open(t)
	start(t, bus, s)() // The name is known and stops.
	publish(t, bus, all...)
	site.Kill(t)
	start(t, site.Open(t), s)
	got.await(t, all...)
}

func unacknowledgedComesAgain(t *testing.T, site Site) {
	got, all := newBox(), some(40, Happened)
	var refused atomic.Int64
	s := events.Subscription{Name: "reader", Types: []string{Happened}}
	s.Handle = func(context.Context, events.Event) error { refused.Add(1); return errRefused }
	bus := site.Open(t)
	stop := start(t, bus, s)
	publish(t, bus, all...)
	eventually(t, "all were refused", func() bool { return refused.Load() >= int64(len(all)) })
	stop()
	site.Kill(t)
	s.Handle = got.put
	start(t, site.Open(t), s)
	got.await(t, all...)
}

func nameSurvives(t *testing.T, site Site) {
	got, all := newBox(), some(5, Happened)
	s := events.Subscription{Name: "reader", Types: []string{Happened}, Handle: got.put}
	start(t, site.Open(t), s)()
	site.Kill(t)
	publish(t, site.Open(t), all...)
	site.Kill(t)
	start(t, site.Open(t), s)
	got.await(t, all...)
}

func declaredSurvives(t *testing.T, site Site) {
	got, all := newBox(), some(5, Happened)
	s := events.Subscription{Name: "reader", Types: []string{Happened}, Handle: got.put}
	if err := site.Open(t).Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	site.Kill(t)
	publish(t, site.Open(t), all...)
	site.Kill(t)
	start(t, site.Open(t), s)
	got.await(t, all...)
}

func tryingGoesOn(t *testing.T, site Site) {
	e := some(1, Happened)[0]
	var tries atomic.Int64
	s := events.Subscription{Name: "reader", Types: []string{Happened}, MaxTries: 4}
	s.Handle = func(context.Context, events.Event) error { tries.Add(1); return errRefused }
	bus := site.Open(t)
	stop := start(t, bus, s)
	publish(t, bus, e)
	eventually(t, "it was tried", func() bool { return tries.Load() >= 2 })
	stop()
	site.Kill(t)
	bus = site.Open(t)
	start(t, bus, s)
	wantLetters(t, bus, s.Name, 1)
}

func lettersSurvive(t *testing.T, site Site) {
	got, e := newBox(), some(1, Happened)[0]
	s := events.Subscription{Name: "reader", Types: []string{Happened}}
	s.Handle = func(context.Context, events.Event) error { return events.ErrPoison }
	bus := site.Open(t)
	stop := start(t, bus, s)
	publish(t, bus, e)
	wantLetters(t, bus, s.Name, 1)
	publish(t, bus, some(1, Ended)...) // A later sync: the burial before it is durable.
	stop()
	site.Kill(t)
	bus = site.Open(t)
	wantLetters(t, bus, s.Name, 1)
	replay(t, bus, s.Name, e.ID)
	site.Kill(t)
	s.Handle = got.put
	bus = site.Open(t)
	start(t, bus, s)
	got.await(t, e)
	wantLetters(t, bus, s.Name, 0)
}

func manyKills(t *testing.T, site Site) {
	got := newBox()
	var turn atomic.Int64
	s := events.Subscription{Name: "reader", Types: []string{Happened}, Concurrency: 4}
	s.Handle = func(ctx context.Context, e events.Event) error {
		if turn.Add(1)%5 == 0 {
			return errRefused
		}
		return got.put(ctx, e)
	}
	var all []events.Event
	for range 10 {
		bus := site.Open(t)
		stop := start(t, bus, s)
		batch := some(50, Happened)
		publish(t, bus, batch...)
		all = append(all, batch...)
		got.await(t, batch[0])
		stop()
		site.Kill(t)
	}
	start(t, site.Open(t), s)
	got.await(t, all...)
}

func sequenceGoesOn(t *testing.T, site Site) {
	got, before, after := newBox(), some(10, Happened), some(10, Happened)
	s := events.Subscription{Name: "reader", Types: []string{Happened}, Handle: got.put}
	bus := site.Open(t)
	stop := start(t, bus, s)
	publish(t, bus, before...)
	got.await(t, before...)
	stop()
	site.Kill(t)
	bus = site.Open(t)
	start(t, bus, s)
	publish(t, bus, after...)
	got.await(t, after...)
}
