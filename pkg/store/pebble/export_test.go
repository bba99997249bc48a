package pebblestore

import (
	"context"
	"time"
)

// Unsynced is the planted bug: commits are acknowledged before they are synced.
func (o Options) Unsynced() Options {
	o.unsynced = true
	return o
}

// OnExit is what the store does instead of ending the process. It must not return.
func (o Options) OnExit(exit func(line string)) Options {
	o.exit = exit
	return o
}

// SweepingEvery makes the janitor come each d.
func (o Options) SweepingEvery(d time.Duration) Options {
	o.sweepEvery = d
	return o
}

// Sweep does the janitor's work once.
func (s *Store) Sweep(ctx context.Context) error { return s.sweep(ctx) }

// Keys is how many keys begin with prefix.
func (s *Store) Keys(prefix string) (int, error) {
	iter, err := s.db.NewIter(nil)
	if err != nil {
		return 0, err
	}
	count := 0
	for ok := iter.SeekGE([]byte(prefix)); ok && len(iter.Key()) > 0 && iter.Key()[0] == prefix[0]; ok = iter.Next() {
		count++
	}
	return count, iter.Close()
}
