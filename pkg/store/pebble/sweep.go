package pebblestore

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"

	"github.com/cockroachdb/pebble/v2"
)

// sweepAtOnce is how many rows the janitor forgets at a time: writes wait while it looks at them.
const sweepAtOnce = 128

const expiryHeader = 1 + 8 // The prefix and the time.

func (s *Store) sweepOrSay(ctx context.Context) {
	if err := s.sweep(ctx); err != nil {
		s.options.Log.ErrorContext(ctx, "expired rows were not forgotten", "cause", err)
	}
}

// sweep forgets the rows that have expired by now. Reads hide them already; this gives the space back.
func (s *Store) sweep(ctx context.Context) error {
	for ctx.Err() == nil {
		entries, err := s.expired(s.now())
		if err != nil || len(entries) == 0 {
			return err
		}
		if err := s.forget(entries); err != nil {
			return err
		}
	}
	return nil
}

// expired is the head of the janitor's list, as far as its time has come.
func (s *Store) expired(now int64) (entries [][]byte, err error) {
	high := binary.BigEndian.AppendUint64([]byte{expiryPrefix}, sortable(now+1))
	iter, err := s.db.NewIter(&pebble.IterOptions{LowerBound: []byte{expiryPrefix}, UpperBound: high})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, iter.Close()) }()
	for ok := iter.First(); ok && len(entries) < sweepAtOnce; ok = iter.Next() {
		entries = append(entries, bytes.Clone(iter.Key()))
	}
	return entries, iter.Error()
}

// forget deletes those rows that hold nothing alive, and takes all of them off the list: a row written again since is
// on it again, further down.
func (s *Store) forget(entries [][]byte) error {
	s.sweeping.Lock()
	batch, err := s.forgetting(entries)
	if err != nil {
		s.sweeping.Unlock()
		return err
	}
	flight := s.launch(batch)
	s.sweeping.Unlock()
	s.land(flight)
	return nil
}

func (s *Store) forgetting(entries [][]byte) (*pebble.Batch, error) {
	batch, now := s.db.NewBatch(), s.now()
	for _, entry := range entries {
		key := entry[expiryHeader:]
		value, err := s.stored(key)
		if err != nil {
			return nil, errors.Join(err, batch.Close())
		}
		alive, err := isAlive(value, now)
		if err == nil && !alive && value != nil {
			err = batch.Delete(key, nil)
		}
		if err = errors.Join(err, batch.Delete(entry, nil)); err != nil {
			return nil, errors.Join(err, batch.Close())
		}
	}
	return batch, nil
}
