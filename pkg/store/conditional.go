package store

import (
	"context"
	"reflect"
	"time"

	"farthing/pkg/errs"
)

// Limits of a conditional batch.
const (
	MaxConditionalRows  = 256
	MaxConditionalBytes = 256 << 10
)

// Conditional is a table that is only ever written by conditional batches on one partition. Nothing in it expires or
// is deleted: a plain write or a TTL beside conditional ones makes Cassandra lose acknowledged rows (CASSANDRA-11000).
type Conditional[R any] struct{ reader[R] }

// ConditionalTable declares a conditional table. It panics on a struct that no table can hold.
func ConditionalTable[R any](name string) Conditional[R] {
	return Conditional[R]{reader[R]{spec: declare[R](name, ConditionalClass)}}
}

// On is the table in a keyspace.
func (t Conditional[R]) On(k *Keyspace) Conditional[R] {
	return Conditional[R]{reader[R]{t.spec, k.engine}}
}

// Batch is an empty conditional batch on the partition with these partition columns.
func (t Conditional[R]) Batch(partition ...Value) *Batch[R] {
	b := &Batch[R]{table: t.reader, batch: ConditionalBatch{Table: t.spec}, keys: make(map[string]bool)}
	b.batch.Partition, b.err = keyRow(t.spec, partition, nil)
	return b
}

// InsertOrFind writes a row unless there is one with its key, and answers the one that is there then, and whether it is
// this one. It leaves statics alone. Repeating it is harmless, but the repeat's row is found; errors are Apply's.
func (t Conditional[R]) InsertOrFind(ctx context.Context, row R) (there R, isNew bool, err error) {
	values, err := toRow(t.spec, reflect.ValueOf(row), t.spec.Partition)
	if err != nil {
		return there, false, err
	}
	partition := make([]Value, len(t.spec.Partition))
	for n, i := range t.spec.Partition {
		partition[n] = values[i]
	}
	answer, err := t.Batch(partition...).InsertNew(row).Apply(ctx)
	switch {
	case err != nil:
		return there, false, err
	case answer.OK:
		return row, true, nil
	case len(answer.Present) != 1:
		return there, false, errs.Newf(errs.Internal, "a refused insert into %s showed no row", t.spec.Name)
	}
	return answer.Present[0], false, nil
}

// Batch is written as one, if all its conditions hold. The first mistake in building it is what Apply returns.
type Batch[R any] struct {
	table reader[R]
	batch ConditionalBatch
	keys  map[string]bool // Of the rows, none of which is named twice.
	size  int
	err   error
}

// If demands that a static column is stored with exactly this value. A column never written equals no value.
func (b *Batch[R]) If(column string, value Value) *Batch[R] {
	i, ok := b.table.spec.position(column)
	if !ok || b.table.spec.Columns[i].Role != Static {
		return b.fail(invalid("table %s has no static column %s", b.table.spec.Name, column))
	}
	if value != nil {
		if err := checkValue(b.table.spec.Columns[i], value); err != nil {
			return b.fail(err)
		}
	}
	for _, other := range b.batch.Conditions {
		if other.Column == i {
			return b.fail(invalid("a batch compares %s twice", column))
		}
	}
	b.batch.Conditions = append(b.batch.Conditions, Condition{i, value})
	return b
}

// IfNull demands that a static column was never written: it opens a partition.
func (b *Batch[R]) IfNull(column string) *Batch[R] { return b.If(column, nil) }

// SetStatics writes these static columns of row, or all when none is named. Of two calls the later counts.
func (b *Batch[R]) SetStatics(row R, columns ...string) *Batch[R] {
	named, err := columnsNamed(b.table.spec, b.table.spec.Static, columns)
	if err != nil {
		return b.fail(err)
	}
	statics, err := toRow(b.table.spec, reflect.ValueOf(row), named)
	b.size += sizeOf(statics) - sizeOf(b.batch.Statics)
	b.batch.Statics = statics
	return b.fail(err)
}

// Insert writes a row: its key and these columns, or all when none is named. Its partition columns are the batch's.
func (b *Batch[R]) Insert(row R, columns ...string) *Batch[R] { return b.insert(row, false, columns) }

// InsertNew is Insert on the condition that there is no such row yet.
func (b *Batch[R]) InsertNew(row R, columns ...string) *Batch[R] { return b.insert(row, true, columns) }

func (b *Batch[R]) insert(row R, ifNotExists bool, columns []string) *Batch[R] {
	spec := b.table.spec
	named, err := columnsNamed(spec, spec.Regular, columns)
	if err != nil {
		return b.fail(err)
	}
	values, err := toRow(spec, reflect.ValueOf(row), spec.Clustering, named)
	if err != nil || b.err != nil {
		return b.fail(err)
	}
	for _, i := range spec.Partition {
		values[i] = b.batch.Partition[i]
	}
	key := keyText(spec, values)
	if b.keys[key] {
		return b.fail(invalid("a batch names a row of %s twice", spec.Name))
	}
	b.keys[key] = true
	b.size += sizeOf(values)
	b.batch.Rows = append(b.batch.Rows, ConditionalRow{values, ifNotExists})
	return b
}

func (b *Batch[R]) fail(err error) *Batch[R] {
	if b.err == nil {
		b.err = err
	}
	return b
}

// Answer is what became of a conditional batch.
type Answer[R any] struct {
	OK      bool // Everything was written. Otherwise nothing was, and the rest says what stood in the way.
	Opened  bool // The partition has statics.
	Statics R    // As they are now.
	Present []R  // The rows of InsertNew that are there already, whole, in no particular order.
}

// Apply writes everything if all conditions hold, and nothing otherwise; being refused is an answer, not an error. An
// error that Is ErrUnknown means that it may still happen: read again, repeat it with the same ids, or fence it.
func (b *Batch[R]) Apply(ctx context.Context) (Answer[R], error) {
	if err := b.check(); err != nil {
		return Answer[R]{}, err
	}
	applied, err := b.table.engine.Apply(ctx, b.batch)
	if err != nil {
		return Answer[R]{}, err
	}
	return answerOf[R](applied), nil
}

func answerOf[R any](applied Applied) Answer[R] {
	answer := Answer[R]{OK: applied.OK, Opened: applied.Statics != nil, Present: fromRows[R](applied.Present)}
	if applied.Statics != nil {
		answer.Statics = fromRow[R](applied.Statics)
	}
	return answer
}

func (b *Batch[R]) check() error {
	conditions := len(b.batch.Conditions)
	for _, row := range b.batch.Rows {
		if row.IfNotExists {
			conditions++
		}
	}
	switch {
	case b.err != nil:
		return b.err
	case conditions == 0:
		return invalid("a conditional batch on %s has no condition", b.table.spec.Name)
	case len(b.batch.Rows) == 0 && b.batch.Statics == nil:
		return invalid("a conditional batch on %s writes nothing", b.table.spec.Name)
	case len(b.batch.Rows) > MaxConditionalRows:
		return tooLarge("a conditional batch takes at most %d rows, not %d", MaxConditionalRows, len(b.batch.Rows))
	case b.size > MaxConditionalBytes:
		return tooLarge("a conditional batch takes at most %d bytes, not %d", MaxConditionalBytes, b.size)
	}
	return nil
}

// Expiring is a table of whole rows that are written conditionally and each forgotten after a TTL. It is the one
// exception to "no TTL beside conditions", safe because it has no statics and never writes part of a row.
type Expiring[R any] struct{ reader[R] }

// ExpiringTable declares an expiring table. It panics on a struct that no table can hold.
func ExpiringTable[R any](name string) Expiring[R] {
	return Expiring[R]{reader[R]{spec: declare[R](name, ExpiringClass)}}
}

// On is the table in a keyspace.
func (t Expiring[R]) On(k *Keyspace) Expiring[R] { return Expiring[R]{reader[R]{t.spec, k.engine}} }

// Insert writes a whole row if there is none with its key. Refused, Present holds the one that is there.
func (t Expiring[R]) Insert(ctx context.Context, ttl time.Duration, row R) (Answer[R], error) {
	return t.apply(ctx, ttl, row, true, nil)
}

// Replace rewrites a whole row if a column of the one that is there has this value. Refused, Present holds the one that
// is there, if any.
func (t Expiring[R]) Replace(
	ctx context.Context, ttl time.Duration, row R, ifColumn string, is Value,
) (Answer[R], error) {
	i, ok := t.spec.position(ifColumn)
	if !ok || t.spec.Columns[i].Role != Regular {
		return Answer[R]{}, invalid("table %s has no column %s to compare", t.spec.Name, ifColumn)
	}
	if err := checkValue(t.spec.Columns[i], is); err != nil {
		return Answer[R]{}, err
	}
	return t.apply(ctx, ttl, row, false, []Condition{{i, is}})
}

func (t Expiring[R]) apply(
	ctx context.Context, ttl time.Duration, row R, isNew bool, conditions []Condition,
) (Answer[R], error) {
	if err := checkTTL(ttl); err != nil {
		return Answer[R]{}, err
	}
	values, err := toRow(t.spec, reflect.ValueOf(row), t.spec.Partition, t.spec.Clustering, t.spec.Regular)
	if err == nil {
		err = checkPartition(t.spec, values)
	}
	if err != nil {
		return Answer[R]{}, err
	}
	if size := sizeOf(values); size > MaxConditionalBytes {
		return Answer[R]{}, tooLarge("a row takes at most %d bytes, not %d", MaxConditionalBytes, size)
	}
	partition := make(Row, len(t.spec.Columns))
	for _, i := range t.spec.Partition {
		partition[i] = values[i]
	}
	applied, err := t.engine.Apply(ctx, ConditionalBatch{
		Table: t.spec, Partition: partition, Conditions: conditions, TTL: ttl, Rows: []ConditionalRow{{values, isNew}},
	})
	if err != nil {
		return Answer[R]{}, err
	}
	return answerOf[R](applied), nil
}
