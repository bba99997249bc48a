package store

import (
	"context"
	"slices"

	"farthing/pkg/errs"
)

// MaxRows is the largest limit of one read.
const MaxRows = 1_000

// reader is what every class of table can be asked.
type reader[R any] struct {
	spec   *Spec
	engine Engine
}

// Spec is the declaration.
func (r reader[R]) Spec() *Spec { return r.spec }

// In is the partition with these partition columns, in their order.
func (r reader[R]) In(partition ...Value) Rows[R] { return Rows[R]{table: r, partition: partition} }

// Walk is up to limit rows of the whole table after a place (empty at first), and the place to go on from (empty at the
// end). It is for audit, backup and migration only: nothing that serves a request walks a table.
func (r reader[R]) Walk(ctx context.Context, after string, limit int) ([]R, string, error) {
	if err := checkLimit(r.spec, limit); err != nil {
		return nil, "", err
	}
	rows, next, err := r.engine.Walk(ctx, r.spec, after, limit)
	return fromRows[R](rows), next, err
}

// WalkNames is Walk for whoever only wants to know which partitions there are: what each is called, as a row tells,
// once for all its rows of a page. The last of one page may be the first of the next.
func (r reader[R]) WalkNames(
	ctx context.Context, after string, limit int, name func(R) string,
) ([]string, string, error) {
	rows, next, err := r.Walk(ctx, after, limit)
	names := make([]string, len(rows))
	for i, row := range rows {
		names[i] = name(row)
	}
	return slices.Compact(names), next, err // The rows of a partition follow each other.
}

// WalkPartitions is Walk over the partitions that hold any static, with their partition and static columns only.
func (r reader[R]) WalkPartitions(ctx context.Context, after string, limit int) ([]R, string, error) {
	if err := checkLimit(r.spec, limit); err != nil {
		return nil, "", err
	}
	rows, next, err := r.engine.WalkPartitions(ctx, r.spec, after, limit)
	return fromRows[R](rows), next, err
}

func checkLimit(spec *Spec, limit int) error {
	if limit < 1 || limit > MaxRows {
		return invalid("a read of %s takes 1 to %d rows, not %d", spec.Name, MaxRows, limit)
	}
	return nil
}

func fromRows[R any](rows []Row) []R {
	out := make([]R, len(rows))
	for i, row := range rows {
		out[i] = fromRow[R](row)
	}
	return out
}

// Rows is one partition of a table, to be read.
type Rows[R any] struct {
	table     reader[R]
	partition []Value
}

// Find is the row with these clustering columns (all of them), and whether there is one.
func (p Rows[R]) Find(ctx context.Context, c Consistency, clustering ...Value) (R, bool, error) {
	var none R
	if len(clustering) != len(p.table.spec.Clustering) {
		return none, false, invalid("a row of %s is found by its whole key", p.table.spec.Name)
	}
	key, err := keyRow(p.table.spec, p.partition, clustering)
	if err != nil {
		return none, false, err
	}
	row, ok, err := p.table.engine.Get(ctx, p.table.spec, key, c)
	if err != nil || !ok {
		return none, false, err
	}
	return fromRow[R](row), true, nil
}

// Get is Find for a row that must exist: not_found.<table> otherwise.
func (p Rows[R]) Get(ctx context.Context, c Consistency, clustering ...Value) (R, error) {
	row, ok, err := p.Find(ctx, c, clustering...)
	if err == nil && !ok {
		err = errs.Missing(p.table.spec.Name)
	}
	return row, err
}

// Statics is the partition's static columns, and whether any was ever written.
func (p Rows[R]) Statics(ctx context.Context, c Consistency) (R, bool, error) {
	var none R
	key, err := keyRow(p.table.spec, p.partition, nil)
	if err != nil {
		return none, false, err
	}
	row, ok, err := p.table.engine.Statics(ctx, p.table.spec, key, c)
	if err != nil || !ok {
		return none, false, err
	}
	return fromRow[R](row), true, nil
}

// Range selects the partition's rows whose leading clustering columns equal prefix, in the table's order.
func (p Rows[R]) Range(prefix ...Value) Range[R] {
	return Range[R]{rows: p, selection: Selection{Prefix: prefix, Limit: MaxRows}}
}

// Range is a selection of rows being narrowed. Each method returns a narrower copy; List reads it.
type Range[R any] struct {
	rows      Rows[R]
	selection Selection
	resume    string
}

// From keeps rows whose next clustering column is at least v.
func (r Range[R]) From(v Value) Range[R] { r.selection.Low = Bound{v, true}; return r }

// Above keeps rows whose next clustering column is more than v.
func (r Range[R]) Above(v Value) Range[R] { r.selection.Low = Bound{v, false}; return r }

// To keeps rows whose next clustering column is at most v.
func (r Range[R]) To(v Value) Range[R] { r.selection.High = Bound{v, true}; return r }

// Below keeps rows whose next clustering column is less than v.
func (r Range[R]) Below(v Value) Range[R] { r.selection.High = Bound{v, false}; return r }

// Backwards reads against the table's order.
func (r Range[R]) Backwards() Range[R] { r.selection.Backwards = true; return r }

// Limit reads at most n rows, 1 to 1,000.
func (r Range[R]) Limit(n int) Range[R] { r.selection.Limit = n; return r }

// Resume goes on after the page that gave this token. An empty token starts at the beginning.
func (r Range[R]) Resume(token string) Range[R] { r.resume = token; return r }

// List reads the rows, and a token to resume after them: empty when there are fewer than the limit, so the last page of
// a full one may be empty. A token stays valid for ever, on either engine, and is refused as
// bad_request.bad_param.page_token when it belongs to another query.
func (r Range[R]) List(ctx context.Context, c Consistency) ([]R, string, error) {
	spec := r.rows.table.spec
	selection, err := r.checked()
	if err != nil {
		return nil, "", err
	}
	rows, err := r.rows.table.engine.Range(ctx, spec, selection, c)
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(rows) == selection.Limit {
		next = pageToken(spec, selection, rows[len(rows)-1])
	}
	return fromRows[R](rows), next, nil
}

func (r Range[R]) checked() (Selection, error) {
	s, spec := r.selection, r.rows.table.spec
	key, err := keyRow(spec, r.rows.partition, s.Prefix)
	if err != nil {
		return s, err
	}
	s.Partition = make(Row, len(spec.Columns))
	for _, i := range spec.Partition {
		s.Partition[i] = key[i]
	}
	if err := checkLimit(spec, s.Limit); err != nil {
		return s, err
	}
	for _, bound := range []Bound{s.Low, s.High} {
		if bound.Value == nil {
			continue
		}
		if len(s.Prefix) == len(spec.Clustering) {
			return s, invalid("table %s has no clustering column left to bound", spec.Name)
		}
		if err := checkValue(spec.Columns[spec.Clustering[len(s.Prefix)]], bound.Value); err != nil {
			return s, err
		}
	}
	if r.resume != "" {
		s.After, err = readPageToken(spec, s, r.resume)
	}
	return s, err
}
