package pebblestore

import (
	"context"
	"hash/maphash"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"farthing/pkg/store"
)

// lanes order the conditional batches of a partition. Partitions share lanes by hash; a lane is held for microseconds
// and not during a sync, so that sharing costs little.
type lanes struct {
	seed  maphash.Seed
	lanes []lane
}

const laneCount = 1024

// lane is held by one conditional batch from its first read until its place in the log is fixed.
type lane struct {
	mu   sync.Mutex
	last *flight // The newest commit in this lane; nil before the first. Guarded by mu.
}

func newLanes() lanes { return lanes{maphash.MakeSeed(), make([]lane, laneCount)} }

// of is the lane of a partition.
func (l *lanes) of(partition []byte) *lane {
	return &l.lanes[maphash.Bytes(l.seed, partition)%laneCount]
}

// settled waits until all that is visible in the lane is durable. Commits become durable in the order of the log, so
// the newest speaks for those before it.
func (l *lane) settled(ctx context.Context) error {
	l.mu.Lock()
	last := l.last
	l.mu.Unlock()
	return last.settled(ctx)
}

// flight is a commit on its way to the disk: visible already, its place in the log fixed, and not yet durable.
type flight struct {
	batch *pebble.Batch
	done  chan struct{} // Closed when it is durable.
}

// launch fixes a batch's place in the log and makes it visible. Whoever launches must land. Without unsynced, nothing
// is acknowledged before it has landed.
func (s *Store) launch(batch *pebble.Batch) *flight {
	f := &flight{batch, make(chan struct{})}
	s.flying.Add(1)
	var err error
	if s.options.unsynced {
		err = batch.Commit(pebble.NoSync)
	} else {
		err = s.db.ApplyNoSyncWait(batch, pebble.Sync)
	}
	if err != nil {
		s.options.exit("committing: " + err.Error())
	}
	return f
}

// land waits until the commit is durable. A log that cannot be synced ends the process: the commit may or may not be on
// the disk, and so may everything after it.
func (s *Store) land(f *flight) {
	if err := f.batch.SyncWait(); err != nil {
		s.options.exit("syncing the log: " + err.Error())
	}
	s.flying.Add(-1)
	close(f.done)
	_ = f.batch.Close() // It only gives the memory back.
}

const (
	// crowd is so many commits on their way that they had better share a sync.
	crowd = 4
	// crowdWaits is how long after a sync a crowd waits for the next.
	crowdWaits = 100 * time.Microsecond
)

// syncGap is how long after a sync Pebble is to wait with the next: in a crowd for a moment, or nearly each commit has
// a sync to itself, which takes more of the processor than much else that a swipe does. One who is alone need not wait.
func (s *Store) syncGap() time.Duration {
	if s.flying.Load() < crowd {
		return 0
	}
	return crowdWaits
}

// settled waits until the commit is durable, or the context ends.
func (f *flight) settled(ctx context.Context) error {
	if f == nil {
		return nil
	}
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
		return store.Unavailable(context.Cause(ctx))
	}
}

// returned is the outcome of a commit that has landed. When the caller's time ended meanwhile it is unknown, as it
// would be with a store across a network: callers meet that outcome on either engine.
func returned(ctx context.Context) error {
	if ctx.Err() != nil {
		return store.Unknown(context.Cause(ctx))
	}
	return nil
}
