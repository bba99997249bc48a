package embedded_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/events"
	"farthing/pkg/events/embedded"
	"farthing/pkg/events/eventstest"
)

// book is what a consumer has done and a publisher was promised.
type book struct {
	mu       sync.Mutex // Guards the rest.
	promised map[string]bool
	seen     map[string]bool
}

// see handles three events in four, and refuses the others for ever.
func (b *book) see(_ context.Context, e events.Event) error {
	if e.Version%4 == 0 {
		return errs.New(errs.Unavailable, "away")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seen[e.ID] = true
	return nil
}

func (b *book) promises() map[string]bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.promised)
}

// forgetSeen leaves what is still owed of what was promised.
func (b *book) forgetSeen(promised map[string]bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	maps.DeleteFunc(promised, func(id string, _ bool) bool { return b.seen[id] })
}

// Power is cut at many points of a busy bus: what was promised and not handled before a cut is delivered after it,
// whatever part of the unsynced bytes the disk happened to keep.
func TestWhatWasAcknowledgedSurvivesAPowerCutAtAnyPoint(t *testing.T) {
	disk := vfs.NewCrashableMem()
	bus := busOn(t, open(t, disk), embedded.Options{})
	b := &book{promised: make(map[string]bool), seen: make(map[string]bool)}
	s := events.Subscription{Name: "reader", Types: []string{eventstest.Happened}, Handle: b.see}
	if err := bus.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() { _ = bus.Run(ctx, s) })
	for p := range 8 {
		all.Go(func() { publishUntil(ctx, t, bus, b, p) })
	}
	type cut struct {
		disk *vfs.MemFS
		owed map[string]bool
	}
	var cuts []cut
	for seed := range uint64(40) {
		owed := b.promises()
		config := vfs.CrashCloneCfg{UnsyncedDataPercent: int(seed) % 4 * 30, RNG: rand.New(rand.NewPCG(seed, 1))}
		cuts = append(cuts, cut{disk.CrashClone(config), owed})
		b.forgetSeen(owed) // Afterwards: what was handled a moment before the cut is not owed.
		if err := clock.Wait(ctx, 3*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	all.Wait()
	if len(cuts[len(cuts)-1].owed) == 0 {
		t.Fatal("nothing was owed at the last cut: the test proves nothing")
	}
	for n, c := range cuts {
		t.Run(fmt.Sprint("cut ", n), func(t *testing.T) { wantDelivered(t, c.disk, c.owed) })
	}
}

func publishUntil(ctx context.Context, t *testing.T, bus *embedded.Bus, b *book, publisher int) {
	for n := 0; ctx.Err() == nil; n++ {
		e := events.Event{ID: fmt.Sprint("evt_", publisher, "_", n), Type: eventstest.Happened, Version: int64(n)}
		if err := bus.Publish(context.WithoutCancel(ctx), e); err != nil {
			t.Errorf("publishing: %v", err)
			return
		}
		b.mu.Lock()
		b.promised[e.ID] = true
		b.mu.Unlock()
	}
}

// wantDelivered opens a bus on what a cut left, and waits until it has delivered what it owed.
func wantDelivered(t *testing.T, disk *vfs.MemFS, owed map[string]bool) {
	bus := busOn(t, open(t, disk), embedded.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	left := len(owed)
	s := events.Subscription{Name: "reader", Types: []string{eventstest.Happened}, Concurrency: 1}
	s.Handle = func(_ context.Context, e events.Event) error {
		if owed[e.ID] {
			delete(owed, e.ID)
			left--
		}
		if left == 0 {
			cancel()
		}
		return nil
	}
	if left == 0 {
		return
	}
	if err := bus.Run(ctx, s); err != nil || left > 0 {
		t.Fatalf("%d acknowledged events were lost; %v", left, err)
	}
}

// A bank inside a synctest bubble has this bus inside: days pass in it while nothing happens.
func TestTheBusLivesInSimulatedTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := busOn(t, open(t, vfs.NewMem()), embedded.Options{})
		var at []time.Time
		s := events.Subscription{Name: "reader", Types: []string{eventstest.Happened}, After: time.Hour}
		s.Handle = func(context.Context, events.Event) error {
			at = append(at, clock.Real{}.Now())
			if len(at) < 10 {
				return context.Canceled
			}
			return nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); _ = bus.Run(ctx, s) }()
		synctest.Wait()
		began := clock.Real{}.Now()
		if err := bus.Publish(t.Context(), events.Event{ID: "evt_1", Type: eventstest.Happened}); err != nil {
			t.Fatal(err)
		}
		if err := clock.Wait(t.Context(), 72*time.Hour); err != nil {
			t.Fatal(err)
		}
		cancel()
		<-done
		if len(at) != 10 || at[0].Sub(began) != time.Hour || at[9].Sub(began) > 90*time.Minute {
			t.Fatalf("tried at %v, want 10 times, first an hour after %v", at, began)
		}
	})
}
