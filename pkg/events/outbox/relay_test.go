package outbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"farthing/pkg/errs"
	"farthing/pkg/events"
	"farthing/pkg/events/outbox"
	"farthing/pkg/store"
)

// entryRow stands for the ledger: entries gapless by key and sequence.
type entryRow struct {
	Key string `store:"1,partition"`
	Seq int64  `store:"2,clustering"`
	At  int64  `store:"3"`
}

var entries = store.PlainTable[entryRow]("entries")

func TestEntriesArePublishedAtOnceAndOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		l := w.ledger()
		w.run(l.relayTo)
		w.wait(time.Second) // Its first sweep would publish what is just being published.
		for seq := range int64(50) {
			l.post("acc_1", seq+1)
			l.post("acc_2", seq+1)
		}
		w.wait(3 * time.Second)
		l.wantAll("acc_1", "acc_2")
		w.wait(10 * time.Minute)
		if times := w.bus.times(); times != 100 {
			w.t.Fatalf("100 entries were published %d times", times)
		}
	})
}

func TestEntriesThatAWriterLeftBehindArePublishedAfterARestart(t *testing.T) {
	inWorld(t, func(w *world) {
		l := w.ledger()
		stop := w.run(l.relayTo)
		for seq := range int64(1_000) {
			l.post("acc_busy", seq+1)
		}
		l.post("acc_calm", 1)
		w.wait(15 * time.Second)
		l.write("acc_busy", 1_001) // Written, and not published: the writer dies.
		l.write("acc_calm", 2)
		l.write("acc_new", 1)
		w.crash()
		stop()
		w.bus.forget()

		l = w.ledger()
		w.run(l.relayTo)
		w.wait(time.Second) // Not only once the minute has settled.
		l.want(eventOf("acc_busy", 1_001).ID, eventOf("acc_calm", 2).ID, eventOf("acc_new", 1).ID)
	})
}

func TestACrashRepeatsNoMoreThanTheLastSeconds(t *testing.T) {
	inWorld(t, func(w *world) {
		l := w.ledger()
		stop := w.run(l.relayTo)
		for seq := range int64(600) { // Ten minutes.
			l.post("acc_1", seq+1)
			w.wait(time.Second)
		}
		w.crash()
		stop()
		w.bus.forget()
		l = w.ledger()
		w.run(l.relayTo)
		w.wait(time.Hour)
		if times := w.bus.times(); times > 12 {
			w.t.Fatalf("a crash had %d of 600 entries published again, want ten or so", times)
		}
	})
}

func TestAnEntryOfUnknownOutcomeIsPublishedOnceItsMinuteHasSettled(t *testing.T) {
	inWorld(t, func(w *world) {
		l := w.ledger()
		w.run(l.relayTo)
		l.post("acc_1", 1)
		l.write("acc_1", 2) // Its writer never heard, so it calls nobody.
		l.post("acc_1", 3)
		w.wait(2*time.Minute + outbox.Settle)
		l.wantAll("acc_1")
	})
}

func TestAKeyIsMarkedOnceAMinuteByHoweverManyWriters(t *testing.T) {
	inWorld(t, func(w *world) {
		counting := &countingEngine{Engine: w.engine}
		r := outbox.NewRelay(store.NewKeyspace(schema.Keyspace, counting), w.bus, slog.New(slog.DiscardHandler))
		for range 3 {
			var all sync.WaitGroup
			for range 50 {
				all.Go(func() {
					if err := r.Mark(w.t.Context(), "acc_1"); err != nil {
						w.t.Errorf("marking: %v", err)
					}
				})
			}
			all.Wait()
			w.wait(time.Minute)
		}
		if writes := counting.writes.Load(); writes != 3 {
			w.t.Fatalf("150 marks in 3 minutes wrote %d times, want 3", writes)
		}
	})
}

func TestAFailedMarkIsUnavailableAndTheNextOneWritesAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		counting := &countingEngine{Engine: w.engine, fails: 1}
		r := outbox.NewRelay(store.NewKeyspace(schema.Keyspace, counting), w.bus, slog.New(slog.DiscardHandler))
		if err := r.Mark(w.t.Context(), "acc_1"); !errs.Is(err, errs.Unavailable) {
			w.t.Fatalf("marking on a broken store: %v, want unavailable", err)
		}
		if err := r.Mark(w.t.Context(), "acc_1"); err != nil || counting.writes.Load() != 2 {
			w.t.Fatalf("marking again: %v after %d writes, want success after 2", err, counting.writes.Load())
		}
	})
}

// Whatever is written, told, forgotten and cut off in whatever order: in the end the bus has every entry.
func TestNothingIsLostWhateverHappens(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.IntRange(0, 9), 1, 20).Draw(rt, "steps")
		inWorld(t, func(w *world) {
			l := w.ledger()
			stop := w.run(l.relayTo)
			for _, step := range steps {
				key := fmt.Sprint("acc_", step%3)
				switch {
				case step < 5:
					l.post(key, l.last[key]+1)
				case step < 8:
					l.write(key, l.last[key]+1)
				case step == 8:
					w.wait(50 * time.Second)
				default:
					w.crash()
					stop()
					last := l.last
					l = w.ledger()
					l.last = last
					stop = w.run(l.relayTo)
				}
			}
			w.wait(2*time.Minute + outbox.Settle)
			l.wantAll("acc_0", "acc_1", "acc_2")
		})
	})
}

type ledger struct {
	w     *world
	relay *outbox.Relay
	table store.Plain[entryRow]
	last  map[string]int64
}

func (w *world) ledger() *ledger {
	return &ledger{
		w: w, relay: outbox.NewRelay(w.ks, w.bus, slog.New(slog.DiscardHandler)), table: entries.On(w.ks),
		last: make(map[string]int64),
	}
}

func (l *ledger) relayTo(ctx context.Context) { l.relay.Run(ctx, l.source) }

func (l *ledger) source(ctx context.Context, key string, afterSeq int64, limit int) ([]events.Event, error) {
	rows, _, err := l.table.In(key).Range().Above(afterSeq).Limit(limit).List(ctx, store.Recent)
	all := make([]events.Event, len(rows))
	for i, row := range rows {
		all[i] = eventOf(key, row.Seq)
	}
	return all, err
}

func eventOf(key string, seq int64) events.Event {
	return events.Event{ID: fmt.Sprintf("evt_%s_%05d", key, seq), Type: "balance.posted", Key: key, Version: seq}
}

// write writes an entry and tells nobody.
func (l *ledger) write(key string, seq int64) {
	l.w.t.Helper()
	if err := l.relay.Mark(l.w.t.Context(), key); err != nil {
		l.w.t.Fatalf("marking: %v", err)
	}
	if err := l.w.ks.Write(l.w.t.Context(), l.table.Put(entryRow{Key: key, Seq: seq})); err != nil {
		l.w.t.Fatalf("writing: %v", err)
	}
	l.last[key] = seq
}

func (l *ledger) post(key string, seq int64) {
	l.w.t.Helper()
	l.write(key, seq)
	l.relay.Committed(key, eventOf(key, seq))
}

// wantAll checks that every entry of these keys, and nothing else, was published at least once.
func (l *ledger) wantAll(keys ...string) {
	l.w.t.Helper()
	var want []string
	for _, key := range keys {
		for seq := range l.last[key] {
			want = append(want, eventOf(key, seq+1).ID)
		}
	}
	l.want(want...)
}

func (l *ledger) want(ids ...string) {
	l.w.t.Helper()
	if got, want := strings.Join(l.w.bus.ids(), " "), strings.Join(ids, " "); got != want {
		l.w.t.Fatalf("published %.300s, want %.300s", got, want)
	}
}

// countingEngine counts plain batches, and fails the first few.
type countingEngine struct {
	store.Engine
	writes atomic.Int64
	fails  int64
}

func (c *countingEngine) Write(ctx context.Context, writes []store.Mutation) error {
	if c.writes.Add(1) <= c.fails {
		return store.Unknown(context.DeadlineExceeded)
	}
	return c.Engine.Write(ctx, writes)
}
