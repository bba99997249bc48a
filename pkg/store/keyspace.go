package store

import (
	"context"
	"reflect"
	"time"
)

// Limits of a plain batch.
const (
	MaxPlainRows  = 64
	MaxPlainBytes = 48 << 10
)

// Keyspace is a service's handle on its own tables.
type Keyspace struct {
	name   string
	engine Engine
}

// NewKeyspace is a handle on an engine's keyspace. It is the environment that makes them, one for each service.
func NewKeyspace(name string, engine Engine) *Keyspace { return &Keyspace{name, engine} }

// Name is the keyspace's name.
func (k *Keyspace) Name() string { return k.name }

// Spanning tells whether a batch over several partitions costs no more than one of a single partition. If not, what
// need not be in one batch is better written by itself, beforehand.
func (k *Keyspace) Spanning() bool { return k.engine.Spanning() }

// Put is one row to be written, or one to be deleted, in a plain batch.
type Put struct {
	mutation Mutation
	err      error
}

// Write is a plain batch over tables and partitions of the keyspace: all or nothing in the end, not isolated. Writing
// the same again is harmless. At most 64 rows and 48 KiB, else ErrTooLarge, and no row twice, else ErrInvalid.
func (k *Keyspace) Write(ctx context.Context, puts ...Put) error {
	if len(puts) == 0 || len(puts) > MaxPlainRows {
		return tooLarge("a batch takes 1 to %d rows, not %d", MaxPlainRows, len(puts))
	}
	writes, size := make([]Mutation, len(puts)), 0
	for i, put := range puts {
		if put.err != nil {
			return put.err
		}
		writes[i] = put.mutation
		size += sizeOf(put.mutation.Row)
	}
	if size > MaxPlainBytes {
		return tooLarge("a batch takes at most %d bytes, not %d", MaxPlainBytes, size)
	}
	if err := checkNoRowTwice(writes); err != nil {
		return err
	}
	return k.engine.Write(ctx, writes)
}

// checkNoRowTwice refuses a batch that names a row twice: within a batch there is no order, so on Cassandra a delete
// would win over a put, and the larger of two values over the other.
func checkNoRowTwice(writes []Mutation) error {
	if len(writes) == 1 {
		return nil
	}
	type place struct {
		table *Spec
		key   string
	}
	seen := make(map[place]bool, len(writes))
	for _, write := range writes {
		at := place{write.Table, keyText(write.Table, write.Row)}
		if seen[at] {
			return invalid("a batch names a row of %s twice", write.Table.Name)
		}
		seen[at] = true
	}
	return nil
}

// Plain is a table whose rows are put and deleted. Last write wins by the server's clock, so what is written must
// commute: a projection writes each version as a row of its own and readers take the highest.
type Plain[R any] struct{ reader[R] }

// PlainTable declares a plain table. It panics on a struct that no table can hold.
func PlainTable[R any](name string) Plain[R] {
	return Plain[R]{reader[R]{spec: declare[R](name, PlainClass)}}
}

// On is the table in a keyspace.
func (t Plain[R]) On(k *Keyspace) Plain[R] { return Plain[R]{reader[R]{t.spec, k.engine}} }

// Put writes the row's key and these columns, or all when none is named. What it does not name stays as it was.
func (t Plain[R]) Put(row R, columns ...string) Put { return t.put(row, 0, columns) }

// PutFor is Put of a row that the store may forget after ttl. Expiry itself is a column, compared with the clock.
// A ttl is from a second to ten years.
func (t Plain[R]) PutFor(ttl time.Duration, row R, columns ...string) Put {
	if err := checkTTL(ttl); err != nil {
		return Put{err: err}
	}
	return t.put(row, ttl, columns)
}

func (t Plain[R]) put(row R, ttl time.Duration, columns []string) Put {
	named, err := columnsNamed(t.spec, t.spec.Regular, columns)
	if err != nil {
		return Put{err: err}
	}
	return mutation(t.spec, row, Mutation{TTL: ttl}, named)
}

// Delete removes the row with this key. Deleting what is not there is harmless.
func (t Plain[R]) Delete(key R) Put {
	return mutation(t.spec, key, Mutation{Delete: true}, nil)
}

// mutation completes m with the row's key and the columns at these positions.
func mutation(spec *Spec, row any, m Mutation, named []int) Put {
	values, err := toRow(spec, reflect.ValueOf(row), spec.Partition, spec.Clustering, named)
	if err == nil {
		err = checkPartition(spec, values)
	}
	m.Table, m.Row = spec, values
	return Put{m, err}
}
