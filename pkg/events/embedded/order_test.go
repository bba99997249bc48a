package embedded

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"farthing/pkg/events"
)

func memory(t testing.TB) *pebble.DB {
	t.Helper()
	db, err := pebble.Open("data", &pebble.Options{FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func newBus(t testing.TB, db *pebble.DB) *Bus {
	t.Helper()
	bus, err := New(db, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return bus
}

// Two publications are under way and the later one's sync is heard of first: readers must not pass the earlier one.
func TestALaterPublicationIsNotShownBeforeAnEarlierOne(t *testing.T) {
	b := newBus(t, memory(t))
	first, second := &publication{}, &publication{}
	for n, p := range []*publication{first, second} {
		p.entries = []entry{{stream: "suite", event: events.Event{ID: fmt.Sprint("evt_", n), Type: "suite.a"}}}
		p.values = [][]byte{events.AppendEnvelope(nil, p.entries[0].event)}
		if err := b.append(p); err != nil {
			t.Fatal(err)
		}
		if err := p.batch.SyncWait(); err != nil {
			t.Fatal(err)
		}
	}
	shown := func() int {
		b.mu.Lock()
		s := b.streamNamed("suite")
		b.mu.Unlock()
		found, err := s.read(0, 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	b.settle(second)
	if n := shown(); n != 0 {
		t.Fatalf("%d events are shown while an earlier one is under way", n)
	}
	b.settle(first)
	if n := shown(); n != 2 {
		t.Fatalf("%d events are shown once both are durable, want 2", n)
	}
}

// A reader who follows many publishers sees every sequence number once, in order.
func TestAReaderSeesNoGapsBehindManyPublishers(t *testing.T) {
	const publishers, each = 16, 200
	b := newBus(t, memory(t))
	b.mu.Lock()
	s := b.streamNamed("suite")
	b.mu.Unlock()
	ears := newListener()
	s.listen(ears)
	var all sync.WaitGroup
	for range publishers {
		all.Go(func() {
			for range each {
				if err := b.Publish(t.Context(), events.Event{ID: "evt_1", Type: "suite.a"}); err != nil {
					t.Errorf("publishing: %v", err)
				}
			}
		})
	}
	for last := uint64(0); last < publishers*each; {
		<-ears.woken
		found, err := s.read(last, publishers*each)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range found {
			if e.seq != last+1 {
				t.Fatalf("after %d came %d", last, e.seq)
			}
			last = e.seq
		}
	}
	all.Wait()
}

// What every name has done with is deleted, but for the newest; what one name has not done with is kept.
func TestTheLogIsTrimmedBelowTheSlowestName(t *testing.T) {
	db := memory(t)
	b := newBus(t, db)
	s := events.Subscription{
		Name: "slow", Types: []string{"suite.a"}, Handle: func(context.Context, events.Event) error { return nil },
	}
	if err := b.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	batch := make([]events.Event, events.MaxBatch)
	for i := range batch {
		batch[i] = events.Event{ID: "evt_1", Type: "suite.a"}
	}
	const rounds = (keepAtLeast + 3*trimEvery) / events.MaxBatch
	for range rounds {
		if err := b.Publish(t.Context(), batch...); err != nil {
			t.Fatal(err)
		}
	}
	d, err := b.durableNamed(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.trim(d.stream); err != nil || length(t, d.stream) != rounds*events.MaxBatch {
		t.Fatalf("trimmed to %d although a name has not come far (%v)", length(t, d.stream), err)
	}
	d.position = rounds * events.MaxBatch
	if err := d.save(); err != nil {
		t.Fatal(err)
	}
	if n := length(t, d.stream); n != keepAtLeast {
		t.Fatalf("%d entries are left, want %d", n, keepAtLeast)
	}
	if again := newBus(t, db); again.last != rounds*events.MaxBatch {
		t.Fatalf("a trimmed log goes on after %d", again.last)
	}
}

func length(t *testing.T, s *stream) int {
	t.Helper()
	n, after := 0, uint64(0)
	for {
		found, err := s.readLog(after, 1<<40, 1_000)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) == 0 {
			return n
		}
		n, after = n+len(found), found[len(found)-1].seq
	}
}

// FuzzReadLetter shows that no stored bytes panic.
func FuzzReadLetter(f *testing.F) {
	f.Add([]byte{})
	f.Add(appendLetter(nil, events.DeadLetter{Event: events.Event{ID: "evt_1"}, Tries: 3, Reason: "internal: x"}))
	f.Fuzz(func(_ *testing.T, b []byte) {
		_, _ = readLetter(b)
		_, _, _, _ = readParked(b)
		_, _ = readCursor(b)
	})
}
