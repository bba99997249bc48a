package store

import (
	"context"
	"time"
)

// Consistency is how fresh a read must be.
type Consistency int

const (
	// Latest decides: it sees every write that will ever have been applied before it. One partition only.
	Latest Consistency = iota + 1
	// Recent sees every acknowledged write, and may see one that was not acknowledged.
	Recent
)

// Store is an engine's whole: keyspaces are opened on it, and their schemas kept.
type Store interface {
	// Open is a service's own keyspace. It must have been migrated.
	Open(keyspace string) Engine
	// Migrate creates what the schema declares and is not there yet: keyspace, tables, columns. A changed key, type,
	// class or tag is refused, naming the table, and changes nothing. Repeating it is harmless.
	Migrate(ctx context.Context, schema Schema) error
	// Check fails, naming the table, where the stored schema lacks what is declared or contradicts it.
	Check(ctx context.Context, schema Schema) error
	// Close waits for writes under way. Nothing may be asked of the store afterwards.
	Close() error
}

// Engine is one keyspace on one store. Services never see it: they use Keyspace and typed tables, which check
// limits, types and classes before an engine is asked. Rows that an engine returns hold key and regular columns;
// statics are asked for by themselves.
type Engine interface {
	// Get is the row with the key's partition and clustering columns, and whether there is one.
	Get(ctx context.Context, table *Spec, key Row, c Consistency) (Row, bool, error)
	// Statics is a partition's partition and static columns, and whether any static was ever written.
	Statics(ctx context.Context, table *Spec, partition Row, c Consistency) (Row, bool, error)
	// Range is the rows that r selects, in the table's order or backwards.
	Range(ctx context.Context, table *Spec, r Selection, c Consistency) ([]Row, error)
	// Write is a plain batch: all or nothing in the end, not isolated.
	Write(ctx context.Context, writes []Mutation) error
	// Spanning tells whether a plain batch over several partitions costs no more than one of a single partition. Where it
	// does, what need not be in one batch is better written by itself.
	Spanning() bool
	// Apply is a conditional batch: every condition holds and everything is written, or nothing is.
	Apply(ctx context.Context, batch ConditionalBatch) (Applied, error)
	// Walk is up to limit rows of a whole table after a place (empty at first), and the place to go on from (empty at
	// the end). It sees each row that was there throughout exactly once, in no useful order.
	Walk(ctx context.Context, table *Spec, after string, limit int) (rows []Row, next string, err error)
	// WalkPartitions is Walk over partitions that hold any static: their partition and static columns.
	WalkPartitions(ctx context.Context, table *Spec, after string, limit int) (rows []Row, next string, err error)
}

// Selection is a range of one partition.
type Selection struct {
	Partition Row     // The partition columns.
	Prefix    []Value // Leading clustering columns that must be equal.
	// Bounds on the first clustering column after Prefix, by its values (not by its order): either may be absent.
	Low, High Bound
	Backwards bool // Against the table's order.
	// After, if not nil, is a whole clustering key (with Prefix): only rows that come later in this direction.
	After []Value
	Limit int // 1 to 1,000.
}

// Bound is one end of a range. A nil Value is no bound.
type Bound struct {
	Value     Value
	Inclusive bool
}

// Mutation is one row of a plain batch.
type Mutation struct {
	Table  *Spec
	Row    Row // The key, and the columns to write; nil ones stay as they are.
	Delete bool
	TTL    time.Duration // 0 is for ever. Garbage collection only: nothing about money or rights leans on it.
}

// ConditionalBatch is what is written to one partition if all conditions hold.
type ConditionalBatch struct {
	Table     *Spec
	Partition Row // The partition columns.

	Conditions []Condition // On statics, or in an expiring table on the one row that is rewritten.
	Statics    Row         // Static columns to write; nil for none.
	Rows       []ConditionalRow
	TTL        time.Duration // Of an expiring table's row; 0 otherwise.
}

// Condition demands that a column is stored with exactly this value; a nil one, that it was never written.
type Condition struct {
	Column int // In Spec.Columns.
	Value  Value
}

// ConditionalRow is one row of a conditional batch.
type ConditionalRow struct {
	Row         Row
	IfNotExists bool
}

// Applied is the answer to a conditional batch.
type Applied struct {
	OK bool
	// When refused: the partition's statics as they are (nil if it has none), and those rows of IfNotExists, or of
	// conditions in an expiring table, that are present, whole. In no particular order.
	Statics Row
	Present []Row
}
