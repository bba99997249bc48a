package archive

import (
	"context"
	"sync"

	"farthing/pkg/store"
)

// Step is what is being done to a table.
type Step string

// The steps. An import checks the whole folder before it writes anything.
const (
	Exporting Step = "exporting"
	Checking  Step = "checking"
	Importing Step = "importing"
	Comparing Step = "comparing"
	Locating  Step = "locating" // After a comparison that found a difference: where it is.
)

// Progress is how far a table is. Calls come one at a time.
type Progress struct {
	Step            Step
	Keyspace, Table string
	Rows            int64 // Rows and statics of partitions, so far.
	Total           int64 // Of Rows; 0 if nobody knows yet.
	Bytes           int64 // Of the table's file, so far.
	Done            bool  // The table is.
	// Waiting, if not nil, is why the store did not answer: the same is being tried again.
	Waiting error
}

// Summary is what an export holds, table by table in the order of their declaration.
type Summary struct {
	Tables []TableSummary
}

// TableSummary is what an export holds of a table.
type TableSummary struct {
	Keyspace string
	Table    string
	Rows     int64
	Statics  int64  // Partitions with static columns.
	Bytes    int64  // Of its file.
	Digest   string // Of all rows and statics, the same whatever engine they were read from.
}

// Rows is how many rows all tables have together.
func (s Summary) Rows() int64 {
	return s.sum(func(t TableSummary) int64 { return t.Rows })
}

// Bytes is how many bytes the files of all tables have together.
func (s Summary) Bytes() int64 {
	return s.sum(func(t TableSummary) int64 { return t.Bytes })
}

func (s Summary) sum(of func(TableSummary) int64) int64 {
	total := int64(0)
	for _, t := range s.Tables {
		total += of(t)
	}
	return total
}

// reporter hands progress on, one call at a time; it is safe for concurrent use.
type reporter struct {
	mu   sync.Mutex
	last Progress
	tell func(Progress)
}

func reporting(tell func(Progress)) *reporter { return &reporter{tell: tell} }

func (r *reporter) report(p Progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = p
	if r.tell != nil {
		r.tell(p)
	}
}

// waiting repeats what was last reported, with the reason why it goes no further.
func (r *reporter) waiting(why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tell != nil {
		p := r.last
		p.Waiting = why
		r.tell(p)
	}
}

// read asks the store for something, and again for a while if it is not available.
func read[T any](ctx context.Context, r *reporter, ask func() (T, error)) (answer T, err error) {
	err = again(ctx, r, readTries, func() (err error) {
		answer, err = ask()
		return err
	})
	return answer, err
}

// piece is a part of a walk.
type piece struct {
	rows []store.Row
	next string
}

// walked reads a part of a table's rows or statics.
func walked(
	ctx context.Context, r *reporter, engine store.Engine, spec *store.Spec, kind recordKind, place string, limit int,
) (piece, error) {
	walk := engine.Walk
	if kind == staticsRecord {
		walk = engine.WalkPartitions
	}
	return read(ctx, r, func() (p piece, err error) {
		p.rows, p.next, err = walk(ctx, spec, place, limit)
		return p, err
	})
}
