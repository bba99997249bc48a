package pebblestore

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"farthing/pkg/store"
)

// The first byte of every key, and the kinds of a row's key.
const (
	metaPrefix   = 'm'
	rowPrefix    = 's'
	expiryPrefix = 'x'

	staticKind = 0
	rowKind    = 1
)

// table is a declared table in its place: what its rows' keys begin with, and which column has which tag.
type table struct {
	spec      *store.Spec
	prefix    []byte
	static    []int       // The positions of the static columns in the order of their tags.
	regular   []int       // The same of the regular columns.
	positions map[int]int // Of a column in the spec, by tag.
}

func newTable(keyspace string, spec *store.Spec) *table {
	t := &table{spec: spec, positions: make(map[int]int, len(spec.Columns))}
	t.prefix = append(t.prefix, rowPrefix)
	t.prefix = append(append(t.prefix, keyspace...), 0)
	t.prefix = append(append(t.prefix, spec.Name...), 0)
	for i, column := range spec.Columns {
		t.positions[column.Tag] = i
	}
	t.static, t.regular = byTag(spec, spec.Static), byTag(spec, spec.Regular)
	return t
}

func byTag(spec *store.Spec, positions []int) []int {
	return slices.SortedFunc(slices.Values(positions), func(a, b int) int {
		return cmp.Compare(spec.Columns[a].Tag, spec.Columns[b].Tag)
	})
}

// partitionKey is what all keys of a row's partition begin with.
func (t *table) partitionKey(row store.Row) []byte {
	key := append(make([]byte, 0, 128), t.prefix...)
	for _, i := range t.spec.Partition {
		key = appendComponent(key, t.spec.Columns[i], row[i])
	}
	return key
}

func staticKey(partition []byte) []byte {
	return append(bytes.Clone(partition), staticKind)
}

// rowKey is a row's key, given its partition's.
func (t *table) rowKey(partition []byte, row store.Row) []byte {
	key := append(append(make([]byte, 0, len(partition)+64), partition...), rowKind)
	for _, i := range t.spec.Clustering {
		key = appendComponent(key, t.spec.Columns[i], row[i])
	}
	return key
}

// clusteringKey is the beginning of row keys whose leading clustering columns have these values.
func (t *table) clusteringKey(partition []byte, values []store.Value) []byte {
	key := append(append(make([]byte, 0, len(partition)+64), partition...), rowKind)
	for k, value := range values {
		key = appendComponent(key, t.spec.Columns[t.spec.Clustering[k]], value)
	}
	return key
}

// readPartition decodes the partition columns of a key into row. It answers the kind of key and what follows.
func (t *table) readPartition(key []byte, row store.Row) (kind byte, rest []byte, err error) {
	rest, found := bytes.CutPrefix(key, t.prefix)
	if !found {
		return 0, nil, errCorruptKey
	}
	if rest, err = t.readColumns(rest, t.spec.Partition, row); err != nil {
		return 0, nil, err
	}
	if len(rest) == 0 || rest[0] > rowKind {
		return 0, nil, errCorruptKey
	}
	return rest[0], rest[1:], nil
}

func (t *table) readColumns(key []byte, positions []int, row store.Row) (rest []byte, err error) {
	for _, i := range positions {
		if row[i], key, err = readComponent(key, t.spec.Columns[i]); err != nil {
			return nil, err
		}
	}
	return key, nil
}

// rowCells is the stored form of the regular columns that row names. Without any the row still exists.
func (t *table) rowCells(row store.Row, expires int64) []byte {
	value := appendCell(make([]byte, 0, 256), rowTag, rowMark, expires, nil)
	return t.appendCells(value, row, t.regular, expires)
}

// staticCells is the stored form of the static columns that row names.
func (t *table) staticCells(row store.Row) []byte {
	return t.appendCells(nil, row, t.static, 0)
}

func (t *table) appendCells(value []byte, row store.Row, positions []int, expires int64) []byte {
	for _, i := range positions {
		if row[i] != nil {
			column := t.spec.Columns[i]
			value = appendCell(value, column.Tag, column.Type, expires, row[i])
		}
	}
	return value
}

// readCells decodes the living cells of a stored row into row, and tells whether there were any. Cells of columns that
// this binary does not know are passed over.
func (t *table) readCells(value []byte, now int64, row store.Row) (alive bool, err error) {
	err = eachCell(value, func(c cell) error {
		if !c.alive(now) {
			return nil
		}
		alive = true
		i, known := t.positions[c.tag]
		if !known {
			return nil
		}
		if t.spec.Columns[i].Type != c.kind {
			return fmt.Errorf("table %s, column %s: %w", t.spec.Name, t.spec.Columns[i].Name, errCorruptRow)
		}
		row[i] = c.value()
		return nil
	})
	return alive, err
}
