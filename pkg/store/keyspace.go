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

// Put is one row to be written, or one to be deleted, in a plain batch.
type Put struct {
	mutation Mutation
	err      error
}

// Write is a plain batch over tables and partitions of the keyspace: all or nothing in the end, not isolated. Writing
// the same again is harmless. At most 64 rows and 48 KiB, else ErrTooLarge.
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
	return k.engine.Write(ctx, writes)
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
func (t Plain[R]) PutFor(ttl time.Duration, row R, columns ...string) Put {
	return t.put(row, ttl, columns)
}

func (t Plain[R]) put(row R, ttl time.Duration, columns []string) Put {
	named, err := columnsNamed(t.spec, t.spec.Regular, columns)
	if err != nil {
		return Put{err: err}
	}
	values, err := toRow(t.spec, reflect.ValueOf(row), t.spec.Partition, t.spec.Clustering, named)
	return Put{Mutation{Table: t.spec, Row: values, TTL: ttl}, err}
}

// Delete removes the row with this key. Deleting what is not there is harmless.
func (t Plain[R]) Delete(key R) Put {
	values, err := toRow(t.spec, reflect.ValueOf(key), t.spec.Partition, t.spec.Clustering)
	return Put{Mutation{Table: t.spec, Row: values, Delete: true}, err}
}
