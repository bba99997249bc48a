package cassandra

import (
	"context"
	"slices"

	"github.com/gocql/gocql"

	"farthing/pkg/store"
)

// Apply is one lightweight transaction: all its conditions are tested, then all its statements are applied as one
// mutation with one ballot, or none is.
func (e *engine) Apply(ctx context.Context, b store.ConditionalBatch) (store.Applied, error) {
	answer, err := e.decide(ctx, b)
	if err != nil || answer.ok {
		return store.Applied{OK: answer.ok}, err
	}
	return e.refusal(ctx, b, answer)
}

// decision is what Cassandra answers to a conditional batch. When refused, it tells the columns that it looked at, in
// one row for each condition row that is present; each has the statics too.
type decision struct {
	ok       bool
	returned map[int]bool // The columns that it told, by their positions.
	rows     []store.Row
}

func (e *engine) decide(ctx context.Context, b store.ConditionalBatch) (decision, error) {
	session, end, err := e.store.begin(ctx, e.keyspace)
	if err != nil {
		return decision{}, err
	}
	defer end()
	ctx, departed := departing(ctx)
	batch := session.NewBatch(gocql.LoggedBatch).WithContext(ctx)
	for _, s := range e.conditional(b) {
		batch.Query(s.cql.String(), s.args...)
	}
	row := rowTarget(b.Table)
	ok, iter, err := session.MapExecuteBatchCAS(batch, row)
	if err != nil {
		return decision{}, failure(err, deciding, departed)
	}
	answer := decision{ok: ok, returned: make(map[int]bool)}
	for more := !ok; more; more = iter.MapScan(row) {
		answer.take(b, row)
		row = rowTarget(b.Table)
	}
	if err := iter.Close(); err != nil {
		// Here the answer itself could not be read.
		return decision{}, failure(err, deciding, departed)
	}
	return answer, nil
}

// rowTarget is where the driver puts a row by its columns' names: a pointer becomes a cell where it found one.
func rowTarget(spec *store.Spec) map[string]any {
	target := make(map[string]any, len(spec.Columns)+1)
	for _, column := range spec.Columns {
		target[column.Name] = &cell{kind: column.Type}
	}
	return target
}

func (d *decision) take(b store.ConditionalBatch, found map[string]any) {
	row := make(store.Row, len(b.Table.Columns))
	for i, column := range b.Table.Columns {
		if told, ok := found[column.Name].(cell); ok {
			row[i], d.returned[i] = told.value, true
		}
	}
	d.rows = append(d.rows, row)
}

// conditional are the statements of a batch.
func (e *engine) conditional(b store.ConditionalBatch) []*statement {
	if b.Table.Class == store.ExpiringClass {
		return e.rewrite(b)
	}
	var out []*statement
	if len(b.Conditions) > 0 || holdsAny(b.Statics, within(b.Table.Static, b.Statics)) {
		out = append(out, e.statics(b))
	}
	for _, row := range b.Rows {
		s := inserting(e.keyspace, b.Table, row.Row)
		if row.IfNotExists {
			s.add(" IF NOT EXISTS")
		}
		out = append(out, s)
	}
	return out
}

// within is positions, or none of them for a nil row.
func within(positions []int, row store.Row) []int {
	if row == nil {
		return nil
	}
	return positions
}

// statics writes a partition's static columns under the conditions on them.
func (e *engine) statics(b store.ConditionalBatch) *statement {
	s, separator := new(statement).add("UPDATE ", from(e.keyspace, b.Table), " SET "), ""
	for _, i := range within(b.Table.Static, b.Statics) {
		if b.Statics[i] != nil {
			s.add(separator).compare(b.Table.Columns[i], "=", b.Statics[i])
			separator = ", "
		}
	}
	if separator == "" {
		s.unchanged(b)
	}
	s.add(" WHERE ").equal(b.Table, b.Table.Partition, b.Partition)
	return s.conditions(b)
}

// unchanged sets a static column to what a condition says that it is: CQL has no UPDATE that only tests.
func (s *statement) unchanged(b store.ConditionalBatch) {
	same := b.Conditions[0]
	if i := slices.IndexFunc(b.Conditions, func(c store.Condition) bool { return c.Value != nil }); i >= 0 {
		same = b.Conditions[i]
	}
	if column := b.Table.Columns[same.Column]; same.Value == nil {
		s.add(quote(column.Name), " = null")
	} else {
		s.compare(column, "=", same.Value)
	}
}

func (s *statement) conditions(b store.ConditionalBatch) *statement {
	for n, condition := range b.Conditions {
		s.add(map[bool]string{true: " IF ", false: " AND "}[n == 0])
		if column := b.Table.Columns[condition.Column]; condition.Value == nil {
			s.add(quote(column.Name), " = null")
		} else {
			s.compare(column, "=", condition.Value)
		}
	}
	return s
}

// rewrite is an expiring table's batch: one whole row with one TTL. Where it replaces a row, an UPDATE carries the
// condition, because an INSERT cannot; but the row is inserted beside it, because an UPDATE leaves the row's own life
// as the first INSERT set it: a shorter TTL would leave an empty row behind, in the way of the next Insert.
func (e *engine) rewrite(b store.ConditionalBatch) []*statement {
	row := b.Rows[0]
	insert := inserting(e.keyspace, b.Table, row.Row)
	if row.IfNotExists {
		insert.add(" IF NOT EXISTS")
	}
	insert.ttl(b.TTL)
	if len(b.Conditions) == 0 {
		return []*statement{insert}
	}
	tested := b.Conditions[0].Column
	update := new(statement).add("UPDATE ", from(e.keyspace, b.Table)).ttl(b.TTL).
		add(" SET ").compare(b.Table.Columns[tested], "=", row.Row[tested]).
		add(" WHERE ").equal(b.Table, keyOf(b.Table), row.Row)
	return []*statement{update.conditions(b), insert}
}

// refusal is the answer to a refused batch: what stands in its way, read again where Cassandra did not tell it all.
func (e *engine) refusal(ctx context.Context, b store.ConditionalBatch, d decision) (store.Applied, error) {
	statics, err := e.staticsNow(ctx, b, d)
	if err != nil {
		return store.Applied{}, err
	}
	refused := store.Applied{Statics: statics}
	for _, row := range d.rows {
		if !conditionRow(b, row) {
			continue
		}
		whole, found, err := e.whole(ctx, b.Table, row, d)
		if err != nil {
			return store.Applied{}, err
		}
		if found {
			refused.Present = append(refused.Present, whole)
		}
	}
	return refused, nil
}

// staticsNow are the partition's statics, nil if it has none. Cassandra reads them for a condition on one of them;
// without such a condition it still names their columns in its answer, but as nulls.
func (e *engine) staticsNow(ctx context.Context, b store.ConditionalBatch, d decision) (store.Row, error) {
	for _, i := range b.Table.Static {
		if len(b.Conditions) == 0 || !d.returned[i] {
			now, _, err := e.Statics(ctx, b.Table, b.Partition, store.Latest)
			return now, err
		}
	}
	if len(d.rows) == 0 || !holdsAny(d.rows[0], b.Table.Static) {
		return nil, nil
	}
	return keeping(d.rows[0], staticsOf(b.Table)), nil
}

// whole is a row that is in the way, without the statics that came with it.
func (e *engine) whole(ctx context.Context, spec *store.Spec, row store.Row, d decision) (store.Row, bool, error) {
	for _, i := range rowOf(spec) {
		if !d.returned[i] {
			return e.Get(ctx, spec, row, store.Latest)
		}
	}
	return keeping(row, rowOf(spec)), true, nil
}

// conditionRow tells whether the batch had a condition on the row: Cassandra may have read another beside them.
func conditionRow(b store.ConditionalBatch, row store.Row) bool {
	for _, other := range b.Rows {
		tested := other.IfNotExists || b.Table.Class == store.ExpiringClass
		if tested && sameKey(b.Table, other.Row, row) {
			return true
		}
	}
	return false
}

func sameKey(spec *store.Spec, a, b store.Row) bool {
	for _, i := range keyOf(spec) {
		if b[i] == nil || compare(a[i], b[i]) != 0 {
			return false
		}
	}
	return true
}

// keeping keeps the columns at these positions.
func keeping(row store.Row, positions []int) store.Row {
	kept := make(store.Row, len(row))
	for _, i := range positions {
		kept[i] = row[i]
	}
	return kept
}
