// Package embedded is the event bus of one process: a durable log for each stream, in the same Pebble as the store.
//
// An event is published by one synced batch, which shares its fsync with everything else that is being committed. A
// subscription reads its stream in order, hands events to its handlers at once and remembers how far it has come: a
// watermark below which everything is done, written lazily, so that after a crash some is delivered again and nothing
// is lost. An event whose handling failed is parked under a key of its own until its next try, so that the watermark
// moves on without it.
//
// None of this needs more syncs than publishing does, because Pebble's log survives a crash as a prefix: what was
// written first (an event parked, a letter dead) is there if what was written after it (the watermark) is.
package embedded

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"farthing/pkg/errs"
	"farthing/pkg/events"
)

// Options are the bus's surroundings. The zero value works.
type Options struct {
	Log *slog.Logger // Dead letters and what should not happen; discarded by default.

	// Around is called for each handling and must call handle once, with its context or one made of it, and return
	// its error. It is where traces continue, clocks take over offsets and handlings are counted.
	Around func(ctx context.Context, name string, e events.Event, handle func(context.Context) error) error
	// Buried is told of each new dead letter, for metrics.
	Buried func(name string, letter events.DeadLetter)

	// Chaos, if set, repeats and reorders deliveries on purpose. It is for tests.
	Chaos *Chaos
}

// Bus is an events.Bus on a Pebble that somebody else opens and closes. It owns the keys that begin with 'e'. One Bus
// for each Pebble; it is safe for concurrent use.
type Bus struct {
	db      *pebble.DB
	options Options

	// order is held from taking sequence numbers until Pebble has them in its log: later ones are never visible
	// before earlier ones.
	order sync.Mutex
	last  uint64 // The newest sequence number taken. Guarded by order.

	mu        sync.Mutex     // Guards the rest.
	committed uint64         // Everything up to here is durable.
	waiting   []*publication // Not durable yet, in order.
	streams   map[string]*stream

	ears ears

	names    sync.Mutex // Guards durables and what loads or replays them. Taken before the others.
	durables map[string]*durable
}

// New is the bus in db. It reads where its logs end; it starts nothing and needs no closing, but Run must have returned
// everywhere before db is closed.
func New(db *pebble.DB, options Options) (*Bus, error) {
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	if options.Around == nil {
		options.Around = func(ctx context.Context, _ string, _ events.Event, handle func(context.Context) error) error {
			return handle(ctx)
		}
	}
	last, err := lastSequence(db)
	if err != nil {
		return nil, fmt.Errorf("reading where the event log ends: %w", err)
	}
	return &Bus{
		db: db, options: options, last: last, committed: last,
		streams: make(map[string]*stream), durables: make(map[string]*durable),
	}, nil
}

// lastSequence is the newest sequence number in any stream's log: the newest entries are never trimmed.
func lastSequence(db *pebble.DB) (uint64, error) {
	iter, err := db.NewIter(&pebble.IterOptions{
		LowerBound: []byte{owner, logKind}, UpperBound: []byte{owner, logKind + 1},
	})
	if err != nil {
		return 0, err
	}
	last := uint64(0)
	for ok := iter.First(); ok; {
		name, _ := parseKey(iter.Key())
		if iter.SeekLT(keyAfterAll(logKind, name)) {
			_, seq := parseKey(iter.Key())
			last = max(last, seq)
		}
		ok = iter.SeekGE(keyAfterAll(logKind, name))
	}
	return last, iter.Close()
}

// streamNamed is the stream with this name, made on first sight. b.mu is held.
func (b *Bus) streamNamed(name string) *stream {
	s, ok := b.streams[name]
	if !ok {
		// What was published before the first sight is read from Pebble.
		s = &stream{name: name, db: b.db, tail: tail{after: b.committed}, listeners: make(map[*listener]bool)}
		b.streams[name] = s
	}
	return s
}

func unknown(cause error) error {
	return errs.New(errs.OutcomeUnknown, "The outcome is not known; repeat with the same id").Because(cause)
}
