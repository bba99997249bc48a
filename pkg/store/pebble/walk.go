package pebblestore

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"farthing/pkg/store"
)

// A place in a walk is the key to go on from, without what all keys of the table begin with, in base64.

func (t *table) placeOf(key []byte) string {
	return base64.RawURLEncoding.EncodeToString(bytes.TrimPrefix(key, t.prefix))
}

func (t *table) keyAt(place string) ([]byte, error) {
	rest, err := base64.RawURLEncoding.DecodeString(place)
	if err != nil {
		return nil, store.ErrInvalid.WithoutCause().Because(err)
	}
	return append(bytes.Clone(t.prefix), rest...), nil
}

// Walk is a piece of a whole table. See store.Engine.
func (e *engine) Walk(ctx context.Context, spec *store.Spec, place string, limit int) ([]store.Row, string, error) {
	return e.walk(ctx, spec, place, walker{limit: limit, kind: rowKind})
}

// WalkPartitions is a piece of a table's partitions. See store.Engine.
func (e *engine) WalkPartitions(
	ctx context.Context, spec *store.Spec, place string, limit int,
) ([]store.Row, string, error) {
	return e.walk(ctx, spec, place, walker{limit: limit, kind: staticKind})
}

func (e *engine) walk(ctx context.Context, spec *store.Spec, place string, w walker) ([]store.Row, string, error) {
	t, err := e.begin(ctx, spec)
	if err != nil {
		return nil, "", err
	}
	defer e.store.leave()
	low, err := t.keyAt(place)
	if err != nil {
		return nil, "", err
	}
	w.table, w.now = t, e.store.now()
	next, err := w.run(e.store.db, keys{low, after(t.prefix)})
	if err != nil {
		return nil, "", store.Unavailable(err)
	}
	return w.rows, next, nil
}

// walker collects either rows or the statics of partitions.
type walker struct {
	table *table
	kind  byte
	limit int
	now   int64
	rows  []store.Row
}

func (w *walker) run(db *pebble.DB, bounds keys) (next string, err error) {
	iter, err := db.NewIter(&pebble.IterOptions{LowerBound: bounds.low, UpperBound: bounds.high})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, iter.Close()) }()
	for ok := iter.First(); ok; {
		if len(w.rows) == w.limit {
			return w.table.placeOf(iter.Key()), nil
		}
		if ok, err = w.step(iter); err != nil {
			return "", err
		}
	}
	return "", iter.Error()
}

// step looks at one key and moves on, past the rest of the partition when only its statics are wanted.
func (w *walker) step(iter *pebble.Iterator) (more bool, err error) {
	row := make(store.Row, len(w.table.spec.Columns))
	kind, rest, err := w.table.readPartition(iter.Key(), row)
	if err != nil {
		return false, err
	}
	partition := iter.Key()[:len(iter.Key())-len(rest)-1]
	if kind == w.kind {
		if err := w.collect(iter, rest, row); err != nil {
			return false, err
		}
	}
	if w.kind == staticKind {
		return iter.SeekGE(after(partition)), nil
	}
	return iter.Next(), nil
}

func (w *walker) collect(iter *pebble.Iterator, clustering []byte, row store.Row) error {
	value, err := iter.ValueAndErr()
	if err != nil {
		return err
	}
	if w.kind == rowKind {
		if _, err := w.table.readColumns(clustering, w.table.spec.Clustering, row); err != nil {
			return err
		}
	}
	alive, err := w.table.readCells(value, w.now, row)
	if alive {
		w.rows = append(w.rows, row)
	}
	return err
}
