package archive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"farthing/pkg/store"
)

// writer writes rows into one table.
type writer struct {
	engine   store.Engine
	keyspace string
	spec     *store.Spec
	layout   *layout
	ttl      time.Duration // Of rows in an expiring table.
	blind    bool          // A plain table held nothing when it was begun.
	reporter *reporter
}

// task writes something; repeating it is harmless.
type task func(context.Context) error

// tasks are what writes these entries, all rows or all statics. They touch different rows and, unless the table is
// plain, different partitions, so all may run at once.
func (w *writer) tasks(entries []entry) []task {
	switch {
	case w.spec.Class == store.PlainClass:
		return w.plain(rowsOf(entries))
	case entries[0].kind == staticsRecord:
		return w.statics(rowsOf(entries))
	}
	return w.partitions(rowsOf(entries))
}

// plain writes rows in batches as large as may be, in whatever partitions they are.
func (w *writer) plain(rows []store.Row) []task {
	var tasks []task
	for _, batch := range batches(rows, store.MaxPlainRows, store.MaxPlainBytes) {
		tasks = append(tasks, func(ctx context.Context) error { return w.put(ctx, batch) })
	}
	return tasks
}

// statics writes the statics of partitions, each by itself.
func (w *writer) statics(partitions []store.Row) []task {
	tasks := make([]task, len(partitions))
	for n, statics := range partitions {
		tasks[n] = func(ctx context.Context) error { return w.open(ctx, statics) }
	}
	return tasks
}

// partitions writes rows partition by partition. Those of one partition follow each other in a walk, and so in a file.
func (w *writer) partitions(rows []store.Row) []task {
	var tasks []task
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && samePartition(w.spec, rows[0], rows[n]) {
			n++
		}
		tasks, rows = append(tasks, w.partition(rows[:n])), rows[n:]
	}
	return tasks
}

// partition writes rows of one partition, one batch after another: several at once would only be in each other's way.
func (w *writer) partition(rows []store.Row) task {
	most := store.MaxConditionalRows
	if w.spec.Class == store.ExpiringClass {
		most = 1 // Each row of an expiring table is written by itself.
	}
	return func(ctx context.Context) error {
		for _, batch := range batches(rows, most, store.MaxConditionalBytes) {
			if err := w.insert(ctx, batch); err != nil {
				return err
			}
		}
		return nil
	}
}

func rowsOf(entries []entry) []store.Row {
	rows := make([]store.Row, len(entries))
	for n, e := range entries {
		rows[n] = e.row
	}
	return rows
}

// batches cuts rows into runs of at most so many rows and bytes. A row that is larger by itself is a batch of its own:
// it was written column by column.
func batches(rows []store.Row, most, bytes int) [][]store.Row {
	var cut [][]store.Row
	start, size := 0, 0
	for n, row := range rows {
		if n-start == most || (n > start && size+row.Size() > bytes) {
			cut, start, size = append(cut, rows[start:n]), n, 0
		}
		size += row.Size()
	}
	if start < len(rows) {
		cut = append(cut, rows[start:])
	}
	return cut
}

// put writes rows of a plain table. Unless it was empty, what is there already is compared first: plain writes ask
// nobody, and would put an old row over a newer one.
func (w *writer) put(ctx context.Context, rows []store.Row) error {
	if !w.blind {
		var err error
		if rows, err = w.lacking(ctx, rows); err != nil || len(rows) == 0 {
			return err
		}
	}
	writes := make([]store.Mutation, len(rows))
	for n, row := range rows {
		writes[n] = store.Mutation{Table: w.spec, Row: row}
	}
	return again(ctx, w.reporter, forEver, func() error { return w.engine.Write(ctx, writes) })
}

// lacking are the rows that the store does not hold. One that it holds otherwise is ErrDifferent.
func (w *writer) lacking(ctx context.Context, rows []store.Row) ([]store.Row, error) {
	var lacking []store.Row
	for _, row := range rows {
		there, found, err := w.stored(ctx, rowRecord, row)
		switch {
		case err != nil:
			return nil, err
		case !found:
			lacking = append(lacking, row)
		case !same(there, row):
			return nil, different(w.keyspace, w.spec, rowRecord, row)
		}
	}
	return lacking, nil
}

// stored is what the store holds under a row's key, or as the statics of its partition.
func (w *writer) stored(ctx context.Context, kind recordKind, row store.Row) (store.Row, bool, error) {
	return lookUp(ctx, w.reporter, w.engine, w.spec, kind, row)
}

// insert writes rows of one partition that are not there yet. Those that are there must be equal.
func (w *writer) insert(ctx context.Context, rows []store.Row) error {
	for len(rows) > 0 {
		batch := store.ConditionalBatch{Table: w.spec, Partition: keeping(rows[0], w.spec.Partition)}
		if w.spec.Class == store.ExpiringClass {
			batch.TTL = w.ttl
		}
		for _, row := range rows {
			batch.Rows = append(batch.Rows, store.ConditionalRow{Row: row, IfNotExists: true})
		}
		answer, err := w.apply(ctx, batch)
		if err != nil || answer.OK {
			return err
		}
		left, err := w.without(rows, answer.Present)
		if err != nil {
			return err
		}
		if len(left) == len(rows) {
			return errors.New("a batch was refused, and nothing stands in its way")
		}
		rows = left
	}
	return nil
}

// without are the rows that are not present. One that is present otherwise is ErrDifferent.
func (w *writer) without(rows, present []store.Row) ([]store.Row, error) {
	there := make(map[string]store.Row, len(present))
	for _, row := range present {
		there[w.layout.key(rowRecord, row)] = row
	}
	var left []store.Row
	for _, row := range rows {
		is, found := there[w.layout.key(rowRecord, row)]
		if !found {
			left = append(left, row)
		} else if !same(is, row) {
			return nil, different(w.keyspace, w.spec, rowRecord, row)
		}
	}
	return left, nil
}

// open writes a partition's statics if it has none at all. Those that it has must be equal.
func (w *writer) open(ctx context.Context, statics store.Row) error {
	batch := store.ConditionalBatch{
		Table: w.spec, Partition: keeping(statics, w.spec.Partition), Statics: keeping(statics, w.spec.Static),
	}
	for _, i := range w.spec.Static {
		batch.Conditions = append(batch.Conditions, store.Condition{Column: i})
	}
	answer, err := w.apply(ctx, batch)
	switch {
	case err != nil || answer.OK:
		return err
	case answer.Statics == nil || !same(answer.Statics, statics):
		return different(w.keyspace, w.spec, staticsRecord, statics)
	}
	return nil
}

// apply asks until it is told whether the batch was applied. A try that was said to be unknown and was applied refuses
// the next one, which is then found to be equal.
func (w *writer) apply(ctx context.Context, batch store.ConditionalBatch) (answer store.Applied, err error) {
	err = again(ctx, w.reporter, forEver, func() (err error) {
		answer, err = w.engine.Apply(ctx, batch)
		return err
	})
	return answer, err
}

// lookUp reads one row, or the statics of one partition.
func lookUp(
	ctx context.Context, r *reporter, engine store.Engine, spec *store.Spec, kind recordKind, row store.Row,
) (store.Row, bool, error) {
	type answer struct {
		row   store.Row
		found bool
	}
	got, err := read(ctx, r, func() (a answer, err error) {
		if kind == staticsRecord {
			a.row, a.found, err = engine.Statics(ctx, spec, keeping(row, spec.Partition), store.Recent)
		} else {
			a.row, a.found, err = engine.Get(ctx, spec, row, store.Recent)
		}
		return a, err
	})
	if err != nil {
		return nil, false, fmt.Errorf("reading: %w", err)
	}
	return got.row, got.found, nil
}
