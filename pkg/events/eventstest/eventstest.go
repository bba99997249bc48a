// Package eventstest is the contract of the event bus as tests. Each bus's own test runs it, word for word.
package eventstest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/events"
)

// patience is how long a test waits for what must happen. No test takes that long unless it fails.
const patience = 30 * time.Second

// Stream is the stream of the suite's events, and Happened and Ended are its types. A bus whose streams must be made
// beforehand makes this one.
const (
	Stream   = "suite"
	Happened = Stream + ".happened"
	Ended    = Stream + ".ended"
)

// Run proves a bus that open makes anew for each test. Open's bus may repeat and reorder deliveries.
func Run(t *testing.T, open func(testing.TB) events.Bus) {
	for _, group := range []map[string]func(*testing.T, events.Bus){
		delivering, failing, running, refusing, outstanding, nudging,
	} {
		for _, name := range slices.Sorted(maps.Keys(group)) {
			t.Run(name, func(t *testing.T) { group[name](t, open(t)) })
		}
	}
}

// box collects what a subscription was given.
type box struct {
	mu     sync.Mutex // Guards the rest.
	events map[string]events.Event
	count  map[string]int
	came   chan struct{} // Closed and replaced at each delivery.
}

func newBox() *box {
	return &box{events: make(map[string]events.Event), count: make(map[string]int), came: make(chan struct{})}
}

// put is a Handle that only collects.
func (b *box) put(_ context.Context, e events.Event) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events[e.ID] = e
	b.count[e.ID]++
	close(b.came)
	b.came = make(chan struct{})
	return nil
}

func (b *box) has(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.count[id] > 0
}

func (b *box) get(id string) events.Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.events[id]
}

// counts are how many different events came, and how many deliveries of them.
func (b *box) counts() (different, deliveries int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range b.count {
		deliveries += n
	}
	return len(b.count), deliveries
}

// await returns once all of these events came.
func (b *box) await(t testing.TB, want ...events.Event) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, e := range want {
		for {
			b.mu.Lock()
			came, there := b.came, b.count[e.ID] > 0
			b.mu.Unlock()
			if there {
				break
			}
			select {
			case <-came:
			case <-ctx.Done():
				different, _ := b.counts()
				t.Fatalf("event %s never came; %d others did", e.ID, different)
			}
		}
	}
}

// eventually returns once true is so.
func eventually(t testing.TB, what string, isSo func() bool) {
	t.Helper()
	watch := clock.Start()
	for !isSo() {
		if watch.Elapsed() > patience {
			t.Fatalf("it never came about that %s", what)
		}
		if err := clock.Wait(t.Context(), 2*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
}

const probePrefix = "evt_probe_"

// start runs a subscription and returns once it is given events: what is published from then on, it gets. Stop, or
// else the end of the test, ends it and waits.
func start(t testing.TB, bus events.Bus, s events.Subscription) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	probed := make(chan struct{})
	var once sync.Once
	handle := s.Handle
	s.Handle = func(ctx context.Context, e events.Event) error {
		if !strings.HasPrefix(e.ID, probePrefix) {
			return handle(ctx, e)
		}
		once.Do(func() { close(probed) })
		return nil
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := bus.Run(ctx, s); err != nil {
			t.Errorf("running %s: %v", s.Name, err)
		}
	}()
	stop = func() { cancel(); <-ended }
	t.Cleanup(stop)
	probe(t, bus, s.Types[0], probed)
	return stop
}

// probe publishes until the subscription has seen one of it.
func probe(t testing.TB, bus events.Bus, kind string, probed <-chan struct{}) {
	t.Helper()
	watch := clock.Start()
	for n := 0; ; n++ {
		publish(t, bus, events.Event{ID: fmt.Sprint(probePrefix, n), Type: kind})
		select {
		case <-probed:
			return
		default:
		}
		if watch.Elapsed() > patience {
			t.Fatal("the subscription is not given anything")
		}
		if err := clock.Wait(t.Context(), 5*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
}

func publish(t testing.TB, bus events.Bus, all ...events.Event) {
	t.Helper()
	if err := bus.Publish(t.Context(), all...); err != nil {
		t.Fatalf("publishing %d events: %v", len(all), err)
	}
}

// some are n events, each with an id of its own in this process.
func some(n int, kind string) []events.Event {
	all := make([]events.Event, n)
	for i := range all {
		all[i] = events.Event{
			ID: fmt.Sprintf("evt_%022d", numbered.Add(1)), Type: kind, Key: fmt.Sprint("key_", i%7), Version: int64(i),
			OccurredAt: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC), Body: []byte(kind),
		}
	}
	return all
}

// numbered is shared by tests only so that no two of them use an id twice on one server.
var numbered atomic.Int64
