package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/events"
	"farthing/pkg/store"
)

// activeRow says that a key may have entries written in this minute, or soon after.
type activeRow struct {
	Shard  int64     `store:"1,partition"`
	Minute int64     `store:"2,partition"`
	Key    string    `store:"3,clustering"`
	At     time.Time `store:"4"` // Real time.
}

// publishedRow says that the bus has all entries of a key up to a sequence. That is true for ever, so whoever writes it
// last may write a lower one: some entries would be published again.
type publishedRow struct {
	Bucket int64  `store:"1,partition"`
	Key    string `store:"2,clustering"`
	Seq    int64  `store:"3"`
}

var (
	activeRows    = store.PlainTable[activeRow]("active")
	publishedRows = store.PlainTable[publishedRow]("published")
	activeCursors = store.PlainTable[cursorRow]("active_cursor")
)

// RelayTables are what a Relay keeps in its service's keyspace: they belong in the service's schema.
func RelayTables() []store.Table { return []store.Table{activeRows, publishedRows, activeCursors} }

// Source reads a key's entries with sequences above afterSeq as events, lowest first, at most limit: none when there
// are no more. An event's Version is its entry's sequence; sequences of a key are gapless from 1. It must see every
// acknowledged entry.
type Source func(ctx context.Context, key string, afterSeq int64, limit int) ([]events.Event, error)

const (
	saveEvery   = 2 * time.Second // What is known published is written so often: a crash repeats about as much.
	readers     = 16              // Keys of one partition caught up with at once.
	buckets     = 64              // Of the published sequences.
	forgetAfter = 3               // Minutes after which nothing is remembered of a key that rests.
)

// Relay publishes the entries of keys whose partitions are written conditionally.
type Relay struct {
	ks        *store.Keyspace
	active    store.Plain[activeRow]
	published store.Plain[publishedRow]
	bus       events.Publisher
	log       *slog.Logger
	sender    *sender
	progress  *progress
	walker    *walker
}

// NewRelay is the relay of a keyspace whose schema holds RelayTables. It does nothing before Run, but Mark.
func NewRelay(ks *store.Keyspace, bus events.Publisher, log *slog.Logger) *Relay {
	r := &Relay{ks: ks, active: activeRows.On(ks), published: publishedRows.On(ks), bus: bus, log: log}
	r.progress = newProgress()
	r.sender = newSender(bus, log, r.progress.acknowledge)
	r.walker = &walker{ks: ks, table: activeCursors.On(ks)}
	return r
}

// Mark makes it durable that the key is about to be written; the write waits for it. It writes once a minute and key,
// and all who mark one key wait for the same insert. After an error, which is always unavailable, the key must not be
// written; marking again, or marking what is never written, is harmless.
func (r *Relay) Mark(ctx context.Context, key string) error {
	for {
		at := now()
		insert, mine := r.progress.of(key).claim(key, minuteOf(at))
		switch {
		case insert == nil:
			return nil // Marked already.
		case mine:
			return r.insert(ctx, key, at)
		}
		select {
		case <-insert: // Look whether it succeeded.
		case <-ctx.Done():
			return notMarked(context.Cause(ctx))
		}
	}
}

func (r *Relay) insert(ctx context.Context, key string, at time.Time) error {
	row := activeRow{Shard: shardOf(key, shards), Minute: minuteOf(at), Key: key, At: at}
	err := r.ks.Write(ctx, r.active.Put(row))
	r.progress.of(key).marked(key, minuteOf(at), err == nil)
	if err != nil {
		return notMarked(err)
	}
	return nil
}

// notMarked is unavailable whatever became of the mark: nothing that counts was done.
func notMarked(cause error) error {
	return errs.New(errs.Unavailable+".outbox", "Nothing was done; try again").Because(cause)
}

// Committed publishes in the background what was just written under a key, one event for each entry, its Version the
// entry's sequence. If it is not called (the writer died, the outcome was unknown) the sweep publishes instead: at the
// next start, or once the minute has settled.
func (r *Relay) Committed(key string, all ...events.Event) {
	for _, e := range all {
		r.sender.offer(parcel{event: e, key: key})
	}
}

// Run publishes what is committed, remembers what the bus has, and sweeps: at once all that may have been left over,
// then each minute when it has settled. It returns when ctx has ended and what was queued is published, or after some
// seconds.
func (r *Relay) Run(ctx context.Context, source Source) {
	r.walker.visit = func(ctx context.Context, shard, minute int64) (bool, error) {
		return r.visit(ctx, source, shard, minute)
	}
	var all sync.WaitGroup
	all.Go(func() { r.sender.run(ctx) })
	all.Go(func() { clock.Every(ctx, saveEvery, r.save) })
	all.Go(func() {
		r.sweep(ctx, false)
		clock.Every(ctx, sweepEvery, func(ctx context.Context) { r.sweep(ctx, true) })
	})
	all.Wait()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainFor)
	defer cancel()
	r.save(last)
}

func (r *Relay) sweep(ctx context.Context, settledOnly bool) {
	if err := r.walker.sweep(ctx, settledOnly); err != nil && ctx.Err() == nil {
		r.log.WarnContext(ctx, "sweeping active keys", "keyspace", r.ks.Name(), "error", err)
	}
}

// visit publishes what the bus may not have of every key that was active in a minute. When the minute has settled, the
// keys are then forgotten; before, they will be visited again.
func (r *Relay) visit(ctx context.Context, source Source, shard, minute int64) (clean bool, err error) {
	forget, token := settled(minute), ""
	for {
		rows, next, err := r.active.In(shard, minute).Range().Limit(page).Resume(token).List(ctx, store.Recent)
		if err != nil {
			return false, err
		}
		if err := r.catchUpAll(ctx, source, rows, forget); err != nil {
			return false, err
		}
		if token = next; token == "" {
			return true, nil
		}
	}
}

func (r *Relay) catchUpAll(ctx context.Context, source Source, rows []activeRow, forget bool) error {
	some, someCtx := errgroup.WithContext(ctx)
	some.SetLimit(readers)
	for _, row := range rows {
		some.Go(func() error { return r.catchUp(someCtx, source, row.Key) })
	}
	if err := some.Wait(); err != nil || !forget {
		return err
	}
	deletes := make([]store.Put, len(rows))
	for i, row := range rows {
		deletes[i] = r.active.Delete(row)
	}
	return inBatches(deletes, func(some ...store.Put) error { return r.ks.Write(ctx, some...) })
}

// catchUp publishes a key's entries after those that the bus is known to have.
func (r *Relay) catchUp(ctx context.Context, source Source, key string) error {
	after, err := r.known(ctx, key)
	if err != nil {
		return err
	}
	for {
		all, err := source(ctx, key, after, page)
		if err != nil {
			return fmt.Errorf("reading entries: %w", err)
		}
		if len(all) == 0 {
			return nil
		}
		batch := r.progress.of(key).missing(key, all)
		if err := publishAll(ctx, r.bus, r.log, batch); err != nil {
			return err
		}
		last := all[len(all)-1].Version
		if last <= after {
			return fmt.Errorf("reading entries after %d: the last one was %d", after, last)
		}
		after = last
		r.progress.of(key).reached(key, after)
		if len(all) < page {
			return nil
		}
	}
}

// known is the sequence up to which the bus has everything of a key.
func (r *Relay) known(ctx context.Context, key string) (int64, error) {
	if seq, ok := r.progress.of(key).base(key); ok {
		return seq, nil
	}
	row, _, err := r.published.In(shardOf(key, buckets)).Find(ctx, store.Recent, key)
	if err != nil {
		return 0, err
	}
	return r.progress.of(key).begin(key, row.Seq), nil
}

// save writes what has become known published since the last time, and forgets keys that rest.
func (r *Relay) save(ctx context.Context) {
	if err := r.saveAll(ctx); err != nil && ctx.Err() == nil {
		r.log.WarnContext(ctx, "saving what was published", "keyspace", r.ks.Name(), "error", err)
	}
	r.progress.forget(minuteOf(now()) - forgetAfter)
}

func (r *Relay) saveAll(ctx context.Context) error {
	if err := r.readUnknown(ctx); err != nil {
		return err
	}
	moved := r.progress.moved()
	puts := make([]store.Put, len(moved))
	for i, row := range moved {
		puts[i] = r.published.Put(row)
	}
	if err := inBatches(puts, func(some ...store.Put) error { return r.ks.Write(ctx, some...) }); err != nil {
		return err
	}
	r.progress.saved(moved)
	return nil
}

// readUnknown reads how far the bus was known to have come with keys that this process has published of.
func (r *Relay) readUnknown(ctx context.Context) error {
	some, ctx := errgroup.WithContext(ctx)
	some.SetLimit(readers)
	for _, key := range r.progress.unknown() {
		some.Go(func() error {
			_, err := r.known(ctx, key)
			return err
		})
	}
	return some.Wait()
}
