package outbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/events"
	"farthing/pkg/events/outbox"
	"farthing/pkg/store"
	pebblestore "farthing/pkg/store/pebble"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type noteRow struct {
	ID   string `store:"1,partition"`
	Text string `store:"2"`
}

var (
	notes  = store.PlainTable[noteRow]("notes")
	schema = store.Schema{
		Keyspace: "writer", Tables: append(append(outbox.Tables(), outbox.RelayTables()...), notes, entries),
	}
)

func TestWhatIsCommittedIsPublishedAtOnceAndItsRowDeleted(t *testing.T) {
	inWorld(t, func(w *world) {
		o := w.outbox()
		stop := w.run(o.Run)
		for n := range 100 {
			w.commit(o, event(n))
		}
		w.wait(2 * time.Second)
		w.wantPublished(0, 100)
		w.bus.forget()
		w.wait(10 * time.Minute) // The sweep finds nothing more.
		w.wantPublished(0, 0)
		stop()
	})
}

func TestWhatAWriterLeftBehindIsPublishedAfterARestart(t *testing.T) {
	inWorld(t, func(w *world) {
		o := w.outbox()
		stop := w.run(o.Run)
		for n := range 10 {
			w.commit(o, event(n))
		}
		w.wait(time.Second)
		for n := range 300 { // It writes, and dies before it publishes.
			w.write(o, event(10+n))
		}
		w.crash()
		stop()
		w.bus.forget()

		w.wait(3 * time.Hour) // Nobody runs, for longer than a first start looks back.
		w.run(w.outbox().Run)
		w.wait(time.Minute)
		w.wantPublished(10, 310)
		w.bus.forget()
		w.wait(time.Hour)
		w.wantPublished(0, 0)
	})
}

func TestEventsWaitForABusThatIsAway(t *testing.T) {
	inWorld(t, func(w *world) {
		o := w.outbox()
		w.run(o.Run)
		w.bus.fail(errs.New(errs.Unavailable+".bus", "away"))
		for n := range 6_000 { // More than the queue holds.
			w.commit(o, event(n))
		}
		w.wait(30 * time.Second)
		w.wantPublished(0, 0)
		w.bus.fail(nil)
		w.wait(30 * time.Second)
		w.wantPublished(0, 6_000)
	})
}

func TestAMinuteIsNotPassedBeforeItHasSettled(t *testing.T) {
	inWorld(t, func(w *world) {
		o := w.outbox()
		put := o.Put(event(1)) // Begun now, written late: its minute is over by then.
		w.run(o.Run)
		w.wait(outbox.Settle - outbox.Skew)
		if err := w.ks.Write(w.t.Context(), put); err != nil {
			w.t.Fatal(err)
		}
		w.wait(time.Minute)
		w.wantPublished(1, 2)
	})
}

func TestAnEventThatBreaksARuleDoesNotHoldUpOthers(t *testing.T) {
	inWorld(t, func(w *world) {
		o := w.outbox()
		w.run(o.Run)
		w.commit(o, events.Event{ID: "evt_bad", Key: "note_bad", Type: "no_dot"})
		w.commit(o, event(1))
		w.wait(time.Minute)
		w.wantPublished(1, 2)
	})
}

// world is a service's keyspace on a disk that can lose what was not synced, a bus, and simulated time.
type world struct {
	t      *testing.T
	disk   *vfs.MemFS
	engine store.Engine
	ks     *store.Keyspace
	bus    *recorder
}

// inWorld runs f in a synctest bubble.
func inWorld(t *testing.T, f func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, disk: vfs.NewCrashableMem(), bus: &recorder{count: make(map[string]int)}}
		w.open()
		f(w)
	})
}

func (w *world) open() {
	w.t.Helper()
	options := pebblestore.Options{FS: w.disk, Log: slog.New(slog.DiscardHandler), Cache: 1 << 20, MemTable: 1 << 20}
	s, err := pebblestore.Open("bank", options)
	if err != nil {
		w.t.Fatalf("opening the store: %v", err)
	}
	w.t.Cleanup(func() { _ = s.Close() })
	if err := s.Migrate(w.t.Context(), schema); err != nil {
		w.t.Fatalf("migrating: %v", err)
	}
	w.engine = s.Open(schema.Keyspace)
	w.ks = store.NewKeyspace(schema.Keyspace, w.engine)
}

// crash goes on with what a power cut would leave.
func (w *world) crash() {
	w.t.Helper()
	w.disk = w.disk.CrashClone(vfs.CrashCloneCfg{})
	w.open()
}

func (w *world) outbox() *outbox.Outbox {
	return outbox.New(w.ks, w.bus, slog.New(slog.DiscardHandler))
}

// run is f in the background until stop, or else the end of the test.
func (w *world) run(f func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() { defer close(done); f(ctx) }()
	stop = func() { cancel(); <-done }
	w.t.Cleanup(stop)
	return stop
}

// write writes a note and its event, as a service would.
func (w *world) write(o *outbox.Outbox, e events.Event) {
	w.t.Helper()
	note := notes.On(w.ks).Put(noteRow{ID: e.Key, Text: "said"})
	if err := w.ks.Write(w.t.Context(), note, o.Put(e)); err != nil {
		w.t.Fatalf("writing: %v", err)
	}
}

func (w *world) commit(o *outbox.Outbox, e events.Event) {
	w.t.Helper()
	w.write(o, e)
	o.Committed(e)
}

func (w *world) wait(d time.Duration) {
	w.t.Helper()
	if err := clock.Wait(w.t.Context(), d); err != nil {
		w.t.Fatal(err)
	}
	synctest.Wait()
}

// wantPublished checks that exactly the events from and up to these numbers were published.
func (w *world) wantPublished(from, to int) {
	w.t.Helper()
	var want []string
	for n := from; n < to; n++ {
		want = append(want, event(n).ID)
	}
	if got := w.bus.ids(); !slices.Equal(got, want) {
		w.t.Fatalf("published %d events, want exactly %d: got %.200s", len(got), len(want), fmt.Sprint(got))
	}
}

func event(n int) events.Event {
	return events.Event{
		ID: fmt.Sprintf("evt_%05d", n), Type: "notes.written", Key: fmt.Sprintf("note_%05d", n), Version: 1,
		OccurredAt: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC), Body: []byte("said"),
	}
}

// recorder is a bus that remembers what was published, and can be away.
type recorder struct {
	mu      sync.Mutex // Guards the rest.
	count   map[string]int
	failure error
}

func (r *recorder) Publish(_ context.Context, all ...events.Event) error {
	if err := events.CheckAll(all); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failure != nil {
		return r.failure
	}
	for _, e := range all {
		r.count[e.ID]++
	}
	return nil
}

func (r *recorder) fail(with error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failure = with
}

func (r *recorder) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.count)
}

// ids are the events published, sorted.
func (r *recorder) ids() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var ids []string
	for id := range r.count {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// times is how often all events were published.
func (r *recorder) times() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	total := 0
	for _, n := range r.count {
		total += n
	}
	return total
}
