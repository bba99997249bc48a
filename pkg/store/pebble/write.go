package pebblestore

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"farthing/pkg/store"
)

// Spanning is true: a batch is one record in the log, whatever is in it.
func (e *engine) Spanning() bool { return true }

// Write is a plain batch. Here it is all or nothing at once. See store.Engine.
func (e *engine) Write(ctx context.Context, writes []store.Mutation) error {
	if err := e.store.enter(ctx); err != nil {
		return err
	}
	defer e.store.leave()
	batch := e.store.db.NewBatch()
	for _, write := range writes {
		if err := e.mutate(batch, write); err != nil {
			_ = batch.Close() // Nothing of it was sent.
			return err
		}
	}
	e.store.sweeping.RLock()
	flight := e.store.launch(batch)
	e.store.sweeping.RUnlock()
	e.store.land(flight)
	return returned(ctx)
}

func (e *engine) mutate(batch *pebble.Batch, write store.Mutation) error {
	t, err := e.table(write.Table)
	if err != nil {
		return err
	}
	key := t.rowKey(t.partitionKey(write.Row), write.Row)
	if write.Delete {
		return unavailable(batch.Delete(key, nil))
	}
	expires := e.store.expiry(write.TTL)
	if expires != 0 {
		if err := batch.Set(expiryKey(expires, key), nil, nil); err != nil {
			return store.Unavailable(err)
		}
	}
	return unavailable(batch.Merge(key, t.rowCells(write.Row, expires), nil))
}

// expiry is when a row with this TTL may be forgotten, in Unix milliseconds; 0 is never.
func (s *Store) expiry(ttl time.Duration) int64 {
	if ttl == 0 {
		return 0
	}
	return s.now() + ttl.Milliseconds()
}

// expiryKey puts a row on the janitor's list, which is sorted by time.
func expiryKey(expires int64, key []byte) []byte {
	entry := binary.BigEndian.AppendUint64([]byte{expiryPrefix}, sortable(expires))
	return append(entry, key...)
}
