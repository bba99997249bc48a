package pebblestore

import (
	"bytes"
	"context"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"farthing/pkg/store"
)

// Apply is a conditional batch. See store.Engine.
func (e *engine) Apply(ctx context.Context, b store.ConditionalBatch) (store.Applied, error) {
	t, err := e.begin(ctx, b.Table)
	if err != nil {
		return store.Applied{}, err
	}
	defer e.store.leave()
	partition := t.partitionKey(b.Partition)
	lane := e.store.lanes.of(partition)
	flight, refusal, err := e.store.attempt(lane, &attempt{table: t, batch: b, partition: partition})
	switch {
	case err != nil:
		return store.Applied{}, err
	case flight == nil: // What the refusal shows must be durable before anybody acts on it.
		return refusal, lane.settled(ctx)
	}
	e.store.land(flight)
	return store.Applied{OK: true}, returned(ctx)
}

// attempt is a conditional batch and what was found of its partition.
type attempt struct {
	table     *table
	batch     store.ConditionalBatch
	partition []byte

	statics       store.Row   // Of a table with static columns; nil if none was ever written.
	storedStatics []byte      // The same, as it is stored.
	found         []store.Row // The living row under each row of the batch that has a condition; nil for none.
}

// attempt launches the batch if its conditions hold, and otherwise says why not.
//
//	attempt A   lock, read, launch, unlock ........ sync, answer
//	attempt B         lock ............... read A's, launch, unlock ... sync, answer
//
// B's answer stands on what A wrote, and cannot be durable before it.
func (s *Store) attempt(lane *lane, a *attempt) (*flight, store.Applied, error) {
	lane.mu.Lock()
	defer lane.mu.Unlock()
	s.sweeping.RLock()
	defer s.sweeping.RUnlock()
	if err := s.look(a); err != nil {
		return nil, store.Applied{}, err
	}
	if !a.holds() {
		return nil, a.refusal(), nil
	}
	batch := s.db.NewBatch()
	if err := s.fill(batch, a); err != nil {
		_ = batch.Close() // Nothing of it was sent.
		return nil, store.Applied{}, store.Unavailable(err)
	}
	lane.last = s.launch(batch)
	return lane.last, store.Applied{}, nil
}

// look reads everything that the conditions are about.
func (s *Store) look(a *attempt) (err error) {
	if len(a.table.static) > 0 {
		if a.statics, a.storedStatics, err = s.statics(a.table, a.partition, a.batch.Partition); err != nil {
			return err
		}
	}
	a.found = make([]store.Row, len(a.batch.Rows))
	for i, row := range a.batch.Rows {
		if !row.IfNotExists && !a.expiring() {
			continue
		}
		there, alive, err := s.row(a.table, a.partition, row.Row)
		if err != nil {
			return err
		}
		if alive {
			a.found[i] = there
		}
	}
	return nil
}

func (a *attempt) expiring() bool { return a.table.spec.Class == store.ExpiringClass }

// holds tells whether every condition does.
func (a *attempt) holds() bool {
	for i, row := range a.batch.Rows {
		if row.IfNotExists && a.found[i] != nil {
			return false
		}
	}
	compared := a.statics
	if a.expiring() {
		compared = a.found[0]
	}
	for _, condition := range a.batch.Conditions {
		var is store.Value
		if compared != nil {
			is = compared[condition.Column]
		}
		if !equal(is, condition.Value) {
			return false
		}
	}
	return true
}

// equal compares a stored value with a demanded one of the same type; nil is a column that was never written.
func equal(is, want store.Value) bool {
	if is == nil || want == nil {
		return is == nil && want == nil
	}
	switch is := is.(type) {
	case []byte:
		want, ok := want.([]byte)
		return ok && bytes.Equal(is, want)
	case time.Time:
		want, ok := want.(time.Time)
		return ok && is.Equal(want)
	default:
		return is == want
	}
}

func (a *attempt) refusal() store.Applied {
	refusal := store.Applied{Statics: a.statics}
	for _, row := range a.found {
		if row != nil {
			refusal.Present = append(refusal.Present, row)
		}
	}
	return refusal
}

// fill puts what the attempt writes into a Pebble batch.
func (s *Store) fill(batch *pebble.Batch, a *attempt) error {
	if a.batch.Statics != nil {
		statics, err := join(a.storedStatics, a.table.staticCells(a.batch.Statics))
		if err != nil {
			return err
		}
		if err := batch.Set(staticKey(a.partition), statics, nil); err != nil {
			return err
		}
	}
	expires := s.expiry(a.batch.TTL)
	for i, row := range a.batch.Rows {
		key := a.table.rowKey(a.partition, row.Row)
		if expires != 0 {
			if err := batch.Set(expiryKey(expires, key), nil, nil); err != nil {
				return err
			}
		}
		if err := put(batch, key, a.table.rowCells(row.Row, expires), row.IfNotExists && a.found[i] == nil); err != nil {
			return err
		}
	}
	return nil
}

// put writes a row. A new one is set, so that reading it never looks further back; it also buries what an expired one
// may have left.
func put(batch *pebble.Batch, key, cells []byte, isNew bool) error {
	if isNew {
		return batch.Set(key, cells, nil)
	}
	return batch.Merge(key, cells, nil)
}
