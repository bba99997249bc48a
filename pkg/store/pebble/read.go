package pebblestore

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"farthing/pkg/store"
)

// begin finds the table and enters the store. Unless it fails, the caller must leave.
func (e *engine) begin(ctx context.Context, spec *store.Spec) (*table, error) {
	t, err := e.table(spec)
	if err != nil {
		return nil, err
	}
	return t, e.store.enter(ctx)
}

// Get is one row. See store.Engine.
func (e *engine) Get(
	ctx context.Context, spec *store.Spec, key store.Row, c store.Consistency,
) (store.Row, bool, error) {
	t, err := e.begin(ctx, spec)
	if err != nil {
		return nil, false, err
	}
	defer e.store.leave()
	partition := t.partitionKey(key)
	row, ok, err := e.store.row(t, partition, key)
	if err != nil {
		return nil, false, err
	}
	return row, ok, e.store.decided(ctx, t, partition, c)
}

// Statics is a partition's static columns. See store.Engine.
func (e *engine) Statics(
	ctx context.Context, spec *store.Spec, partition store.Row, c store.Consistency,
) (store.Row, bool, error) {
	t, err := e.begin(ctx, spec)
	if err != nil {
		return nil, false, err
	}
	defer e.store.leave()
	key := t.partitionKey(partition)
	statics, _, err := e.store.statics(t, key, partition)
	if err != nil {
		return nil, false, err
	}
	return statics, statics != nil, e.store.decided(ctx, t, key, c)
}

// Range is a selection of one partition. See store.Engine.
func (e *engine) Range(
	ctx context.Context, spec *store.Spec, r store.Selection, c store.Consistency,
) ([]store.Row, error) {
	t, err := e.begin(ctx, spec)
	if err != nil {
		return nil, err
	}
	defer e.store.leave()
	partition := t.partitionKey(r.Partition)
	rows, err := e.store.scan(t, t.bounds(partition, r), r.Backwards, r.Limit)
	if err != nil {
		return nil, err
	}
	return rows, e.store.decided(ctx, t, partition, c)
}

// decided makes a Latest read safe to act on: nothing that it showed can be lost any more. Plain writes have no lanes:
// as on Cassandra, Latest promises no more of a plain table than Recent does.
func (s *Store) decided(ctx context.Context, t *table, partition []byte, c store.Consistency) error {
	if c != store.Latest || t.spec.Class == store.PlainClass {
		return nil
	}
	return s.lanes.of(partition).settled(ctx)
}

// stored is the value of a key; nil if there is none.
func (s *Store) stored(key []byte) ([]byte, error) {
	value, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, store.Unavailable(err)
	}
	return bytes.Clone(value), closer.Close()
}

// row is the living row with the key columns of key.
func (s *Store) row(t *table, partition []byte, key store.Row) (store.Row, bool, error) {
	value, err := s.stored(t.rowKey(partition, key))
	if err != nil || value == nil {
		return nil, false, err
	}
	row := make(store.Row, len(t.spec.Columns))
	for _, i := range slices.Concat(t.spec.Partition, t.spec.Clustering) {
		row[i] = key[i]
	}
	alive, err := t.readCells(value, s.now(), row)
	if err != nil {
		return nil, false, store.Unavailable(err)
	}
	return row, alive, nil
}

// statics is a partition's partition and static columns, nil if it has none, and what is stored of them.
func (s *Store) statics(t *table, partition []byte, key store.Row) (statics store.Row, value []byte, err error) {
	value, err = s.stored(staticKey(partition))
	if err != nil || value == nil {
		return nil, nil, err
	}
	statics = make(store.Row, len(t.spec.Columns))
	for _, i := range t.spec.Partition {
		statics[i] = key[i]
	}
	if _, err := t.readCells(value, s.now(), statics); err != nil {
		return nil, nil, store.Unavailable(err)
	}
	return statics, value, nil
}

// keys is a range of keys: from low, and below high.
type keys struct{ low, high []byte }

// bounds turns a selection into keys. A descending column's bounds change ends, for its keys are inverted.
func (t *table) bounds(partition []byte, r store.Selection) keys {
	prefix := t.clusteringKey(partition, r.Prefix)
	bounds := keys{prefix, after(prefix)}
	if len(r.Prefix) < len(t.spec.Clustering) {
		column := t.spec.Columns[t.spec.Clustering[len(r.Prefix)]]
		first, last := r.Low, r.High
		if column.Descending {
			first, last = last, first
		}
		bounds = bounds.within(prefix, column, first, last)
	}
	if r.After == nil {
		return bounds
	}
	place := t.clusteringKey(partition, r.After)
	if r.Backwards {
		bounds.high = smaller(bounds.high, place)
	} else {
		bounds.low = larger(bounds.low, after(place))
	}
	return bounds
}

// within narrows the range under prefix to the keys from first to last, in the order of keys.
func (k keys) within(prefix []byte, column store.Column, first, last store.Bound) keys {
	if first.Value != nil {
		k.low = appendComponent(bytes.Clone(prefix), column, first.Value)
		if !first.Inclusive {
			k.low = after(k.low)
		}
	}
	if last.Value != nil {
		k.high = appendComponent(bytes.Clone(prefix), column, last.Value)
		if last.Inclusive {
			k.high = after(k.high)
		}
	}
	return k
}

func smaller(a, b []byte) []byte {
	if bytes.Compare(a, b) < 0 {
		return a
	}
	return b
}

func larger(a, b []byte) []byte {
	if bytes.Compare(a, b) > 0 {
		return a
	}
	return b
}

// scan is up to limit living rows with keys within bounds.
func (s *Store) scan(t *table, bounds keys, backwards bool, limit int) (rows []store.Row, err error) {
	if bytes.Compare(bounds.low, bounds.high) >= 0 {
		return nil, nil
	}
	iter, err := s.db.NewIter(&pebble.IterOptions{LowerBound: bounds.low, UpperBound: bounds.high})
	if err != nil {
		return nil, store.Unavailable(err)
	}
	defer func() { err = errors.Join(err, iter.Close()) }()
	start, step := iter.First, iter.Next
	if backwards {
		start, step = iter.Last, iter.Prev
	}
	now := s.now()
	for ok := start(); ok && len(rows) < limit; ok = step() {
		row, alive, err := t.rowAt(iter, now)
		if err != nil {
			return nil, store.Unavailable(err)
		}
		if alive {
			rows = append(rows, row)
		}
	}
	return rows, unavailable(iter.Error())
}

// rowAt is the row under an iterator that stands on a row's key.
func (t *table) rowAt(iter *pebble.Iterator, now int64) (row store.Row, alive bool, err error) {
	row = make(store.Row, len(t.spec.Columns))
	_, rest, err := t.readPartition(iter.Key(), row)
	if err != nil {
		return nil, false, err
	}
	if rest, err = t.readColumns(rest, t.spec.Clustering, row); err != nil {
		return nil, false, err
	}
	if len(rest) > 0 {
		return nil, false, errCorruptKey
	}
	value, err := iter.ValueAndErr()
	if err != nil {
		return nil, false, err
	}
	alive, err = t.readCells(value, now, row)
	return row, alive, err
}

func unavailable(err error) error {
	if err == nil {
		return nil
	}
	return store.Unavailable(err)
}
