package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"farthing/pkg/clock"
	"farthing/pkg/events"
	"farthing/pkg/store"
)

// publishedRow says that the bus has all entries of a key up to a sequence. That is true for ever, so whoever writes it
// last may write a lower one: some entries would be published again.
type publishedRow struct {
	Bucket int64  `store:"1,partition"`
	Key    string `store:"2,clustering"`
	Seq    int64  `store:"3"`
}

var (
	relayMarks    = store.PlainTable[markRow]("relay_active")
	relayCursors  = store.PlainTable[cursorRow]("relay_cursor")
	publishedRows = store.PlainTable[publishedRow]("published")
)

// RelayTables are what a Relay keeps in its service's keyspace: they belong in the service's schema.
func RelayTables() []store.Table { return []store.Table{relayMarks, relayCursors, publishedRows} }

// Source reads a key's entries with sequences above afterSeq as events, lowest first, at most limit: none when there
// are no more. An event's Version is its entry's sequence; sequences of a key are gapless from 1. It must see every
// acknowledged entry.
type Source func(ctx context.Context, key string, afterSeq int64, limit int) ([]events.Event, error)

const (
	// What is known published is written so often: a crash repeats about as much. The more keys have moved the fewer
	// partitions there are to a batch.
	saveEvery = 10 * time.Second
	buckets   = 64 // Of the published sequences.
)

// Relay publishes the entries of keys whose partitions are written conditionally.
type Relay struct {
	ks        *store.Keyspace
	published store.Plain[publishedRow]
	bus       events.Publisher
	log       *slog.Logger
	sender    *sender
	marks     *marks
	progress  *progress
}

// NewRelay is the relay of a keyspace whose schema holds RelayTables. It does nothing before Run, but Mark.
func NewRelay(ks *store.Keyspace, bus events.Publisher, log *slog.Logger) *Relay {
	r := &Relay{ks: ks, published: publishedRows.On(ks), bus: bus, log: log}
	r.marks = newMarks(ks, relayMarks.On(ks), relayCursors.On(ks))
	r.progress = newProgress()
	r.sender = newSender(bus, log, r.progress.acknowledge)
	return r
}

// Mark makes it durable that the key is about to be written; the write waits for it. It writes once a minute and key,
// and all who mark one key wait for the same insert. After an error, which is always unavailable, the key must not be
// written; marking again, or marking what is never written, is harmless.
func (r *Relay) Mark(ctx context.Context, key string) error {
	return r.marks.make(ctx, Place{Key: key})
}

// Committed publishes in the background what was just written under a key, one event for each entry, its Version the
// entry's sequence. If it is not called (the writer died, the outcome was unknown) the sweep publishes instead: at the
// next start, or once the minute has settled.
func (r *Relay) Committed(key string, all ...events.Event) {
	for _, e := range all {
		r.sender.offer(parcel{event: e, place: Place{Key: key}})
	}
}

// Run publishes what is committed, remembers what the bus has, and sweeps: at once all that may have been left over,
// then each minute when it has settled. It returns when ctx has ended and what was queued is published, or after some
// seconds.
func (r *Relay) Run(ctx context.Context, source Source) {
	var all sync.WaitGroup
	all.Go(func() { r.sender.run(ctx) })
	all.Go(func() { clock.Every(ctx, saveEvery, r.save) })
	all.Go(func() {
		untilDone(ctx, func(ctx context.Context) bool { return r.sweep(ctx, source, false) })
		clock.Every(ctx, sweepEvery, func(ctx context.Context) { r.sweep(ctx, source, true) })
	})
	all.Wait()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainFor)
	defer cancel()
	r.save(last)
}

func (r *Relay) sweep(ctx context.Context, source Source, settledOnly bool) (ok bool) {
	err := r.marks.sweep(ctx, settledOnly, func(ctx context.Context, place Place) error {
		return r.catchUp(ctx, source, place.Key)
	})
	if err != nil && ctx.Err() == nil {
		r.log.WarnContext(ctx, "sweeping active keys", "keyspace", r.ks.Name(), "error", err)
	}
	return err == nil
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
	if err := inBatches(ctx, r.ks, puts); err != nil {
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
