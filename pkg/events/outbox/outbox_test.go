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

func TestWhatIsWrittenIsPublishedAtOnceAndItsRowDeleted(t *testing.T) {
	inWorld(t, func(w *world) {
		o := w.outbox()
		stop := w.run(o.Run)
		for n := range 100 {
			w.write(o, event(n))
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
			w.write(o, event(n))
		}
		w.wait(30 * time.Second)
		dying := w.outbox() // It writes, and dies before it publishes.
		for n := range 300 {
			w.write(dying, event(10+n))
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
			w.write(o, event(n))
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
		writer := w.writer(&lateEngine{Engine: w.engine, late: outbox.Settle - outbox.Skew})
		w.run(o.Run)
		w.write(writer, event(1)) // Begun now, written late: its minute is over by then. Its writer tells nobody.
		w.wait(outbox.Settle + time.Minute)
		w.wantPublished(1, 2)
	})
}

func TestAnEventThatBreaksARuleDoesNotHoldUpOthers(t *testing.T) {
	inWorld(t, func(w *world) {
		o := w.outbox()
		w.run(o.Run)
		w.write(o, events.Event{ID: "evt_bad", Key: "note_bad", Type: "no_dot"})
		w.write(o, event(1))
		w.wait(time.Minute)
		w.wantPublished(1, 2)
	})
}

// A row of an event that was told goes with the next write to its place, and none of its own is needed.
func TestTheRowsOfToldEventsGoWithTheNextWriteToTheirPlace(t *testing.T) {
	inWorld(t, func(w *world) {
		counting := &countingEngine{Engine: w.engine}
		o := w.writer(counting)
		w.run(o.Run)
		w.wait(time.Second)
		before := counting.writes.Load()
		for n := range 40 {
			e := event(n)
			e.Key = "note_busy"
			w.write(o, e)
			w.wait(time.Second)
		}
		if writes := counting.writes.Load() - before; writes > 50 { // Marks of two minutes, and each shard's cursor.
			w.t.Errorf("40 writes took %d batches", writes)
		}
		if rows := w.kept("note_busy"); rows != 1 {
			w.t.Errorf("%d rows are kept, want the last one", rows)
		}
		w.wait(time.Minute)
		if rows := w.kept("note_busy"); rows != 0 {
			w.t.Errorf("%d rows are kept of a place that rests", rows)
		}
		if times := w.bus.times(); times != 40 {
			w.t.Errorf("40 events were published %d times", times)
		}
	})
}

func TestWhatMayHaveBeenWrittenIsPublishedSoon(t *testing.T) {
	inWorld(t, func(w *world) {
		o := w.writer(&deafEngine{Engine: w.engine})
		w.run(o.Run)
		w.wait(time.Minute)
		err := o.Write(w.t.Context(), outbox.Place{Key: "note_1"}, []events.Event{event(1)}, noteOf(w.ks, event(1)))
		if err == nil {
			w.t.Fatal("the write was answered")
		}
		w.wait(15 * time.Second)
		w.wantPublished(1, 2)
	})
}

func TestAnEventIsToldAgainWhileItsRowWaitsToBeDeleted(t *testing.T) {
	inWorld(t, func(w *world) {
		o := w.outbox()
		w.run(o.Run)
		w.write(o, event(1))
		w.wait(time.Second)
		w.bus.forget()
		w.write(o, event(1)) // A repeat, whose row is the one that waits.
		w.wait(time.Second)
		w.wantPublished(1, 2)
		w.wait(time.Minute)
		if rows := w.kept(event(1).Key); rows != 0 {
			w.t.Errorf("%d rows are kept", rows)
		}
	})
}

// What a writer left behind does not wait for its minute to settle because the bus was away for a moment at the start.
func TestWhatWasLeftBehindIsPublishedOnceTheBusIsThere(t *testing.T) {
	inWorld(t, func(w *world) {
		dying := w.outbox() // It writes, and dies before it publishes.
		for n := range 100 {
			w.write(dying, event(n))
		}
		w.wait(time.Minute)
		w.bus.fail(errs.New(errs.Unavailable+".bus", "away"))
		w.run(w.outbox().Run)
		w.wait(time.Second)
		w.bus.fail(nil)
		w.wait(10 * time.Second)
		w.wantPublished(0, 100)
	})
}

// A batch may name a row once only.
func TestAnEventThatWasToldTwiceIsDeletedOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		o := w.outbox()
		for range 3 {
			w.write(o, event(1))
		}
		w.run(o.Run)
		w.wait(time.Minute)
		w.wantPublished(1, 2)
		if rows := w.kept(event(1).Key); rows != 0 {
			w.t.Errorf("%d rows are kept", rows)
		}
	})
}

// world is a service's keyspace on a disk that can lose what was not synced, a bus, and simulated time.
type world struct {
	t      *testing.T
	disk   *vfs.MemFS
	engine store.Engine
	ks     *store.Keyspace
	bus    *recorder

	spanning bool
}

// apart is an engine that says whether a batch may as well span partitions.
type apart struct {
	store.Engine
	spanning bool
}

func (a apart) Spanning() bool { return a.spanning }

// inWorld runs f in a synctest bubble, on a store where a batch may as well span partitions and on one where not.
func inWorld(t *testing.T, f func(*world)) {
	t.Helper()
	for name, spanning := range map[string]bool{"spanning": true, "apart": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &world{
					t: t, disk: vfs.NewCrashableMem(), bus: &recorder{count: make(map[string]int)}, spanning: spanning,
				}
				w.open()
				f(w)
			})
		})
	}
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
	w.engine = apart{s.Open(schema.Keyspace), w.spanning}
	w.ks = store.NewKeyspace(schema.Keyspace, w.engine)
}

// crash goes on with what a power cut would leave.
func (w *world) crash() {
	w.t.Helper()
	w.disk = w.disk.CrashClone(vfs.CrashCloneCfg{})
	w.open()
}

func (w *world) outbox() *outbox.Outbox { return w.writer(w.engine) }

// writer is an outbox of its own on the keyspace. Unless it is run it tells nobody of what it writes.
func (w *world) writer(engine store.Engine) *outbox.Outbox {
	return outbox.New(store.NewKeyspace(schema.Keyspace, engine), w.bus, slog.New(slog.DiscardHandler))
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
	if err := o.Write(w.t.Context(), outbox.Place{Key: e.Key}, []events.Event{e}, noteOf(w.ks, e)); err != nil {
		w.t.Fatalf("writing: %v", err)
	}
}

func noteOf(ks *store.Keyspace, e events.Event) store.Put {
	return notes.On(ks).Put(noteRow{ID: e.Key, Text: "said"})
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

// kept is how many events of a place are in the outbox.
func (w *world) kept(key string) int {
	w.t.Helper()
	n, err := outbox.Kept(w.t.Context(), w.ks, outbox.Place{Key: key})
	if err != nil {
		w.t.Fatalf("reading the outbox: %v", err)
	}
	return n
}

// lateEngine has plain batches with a note happen late, as a store does that was long in answering.
type lateEngine struct {
	store.Engine
	late time.Duration
}

func (l *lateEngine) Write(ctx context.Context, writes []store.Mutation) error {
	if isNote(writes) {
		_ = clock.Wait(ctx, l.late)
	}
	return l.Engine.Write(ctx, writes)
}

// deafEngine writes notes, and does not hear that they were written.
type deafEngine struct{ store.Engine }

func (d *deafEngine) Write(ctx context.Context, writes []store.Mutation) error {
	err := d.Engine.Write(ctx, writes)
	if err == nil && isNote(writes) {
		return store.Unknown(context.DeadlineExceeded)
	}
	return err
}

func isNote(writes []store.Mutation) bool {
	return slices.ContainsFunc(writes, func(m store.Mutation) bool { return m.Table.Name == "notes" })
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
