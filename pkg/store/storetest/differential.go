package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"farthing/pkg/store"
)

// runModel does the same at random to the engine and to a model, and compares all that they answer.
func runModel(t *testing.T, k *suite) {
	for _, table := range []store.Table{events, keyedRows, things, accounts, codes, marks} {
		t.Run(table.Spec().Name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				d := &differential{rt, k.engine, &model{spec: table.Spec()}, freshName()}
				for range rapid.IntRange(1, 12).Draw(rt, "steps") {
					d.step(t)
				}
				d.compareAll(t)
			})
		})
	}
}

type differential struct {
	*rapid.T
	engine store.Engine
	model  *model
	run    string // Keeps the rows of one run apart from those of others.
}

func (d *differential) step(t *testing.T) {
	if d.model.spec.Class == store.PlainClass {
		d.write(t)
	} else {
		d.apply(t)
	}
	d.compareRange(t)
	d.compareRow(t)
}

// value draws from few values, so that rows meet.
func (d *differential) value(i int) store.Value {
	column := d.model.spec.Columns[i]
	if i == d.model.spec.Partition[0] {
		return d.run + rapid.SampledFrom([]string{"", "\x00", "x"}).Draw(d.T, column.Name)
	}
	switch column.Type {
	case store.Text:
		return rapid.SampledFrom([]string{"", "a", "a\x00", "b", "é"}).Draw(d.T, column.Name)
	case store.Integer:
		return rapid.SampledFrom([]int64{-1 << 63, -1, 0, 1, 1<<63 - 1}).Draw(d.T, column.Name)
	case store.Boolean:
		return rapid.Bool().Draw(d.T, column.Name)
	case store.Bytes:
		return rapid.SampledFrom([][]byte{{}, {0}, {0, 1}, {255}}).Draw(d.T, column.Name)
	case store.Timestamp:
		return time.UnixMilli(rapid.Int64Range(-2, 2).Draw(d.T, column.Name)).UTC()
	}
	return nil
}

// fill draws values for these columns into row.
func (d *differential) fill(row store.Row, positions ...[]int) store.Row {
	for _, i := range slices.Concat(positions...) {
		row[i] = d.value(i)
	}
	return row
}

// some draws some of these columns.
func (d *differential) some(positions []int) []int {
	var drawn []int
	for _, i := range positions {
		if rapid.Bool().Draw(d.T, "named") {
			drawn = append(drawn, i)
		}
	}
	return drawn
}

func (d *differential) row() store.Row { return make(store.Row, len(d.model.spec.Columns)) }

func (d *differential) write(t *testing.T) {
	spec := d.model.spec
	var writes []store.Mutation
	taken := &model{spec: spec} // A batch names no row twice.
	for range rapid.IntRange(1, 4).Draw(d.T, "rows") {
		w := store.Mutation{Table: spec, Row: d.fill(d.row(), spec.Partition, spec.Clustering)}
		if taken.find(w.Row) >= 0 {
			continue
		}
		taken.put(w.Row)
		if w.Delete = rapid.IntRange(0, 3).Draw(d.T, "delete") == 0; !w.Delete {
			d.fill(w.Row, d.some(spec.Regular))
		}
		writes = append(writes, w)
	}
	if err := d.engine.Write(t.Context(), writes); err != nil {
		d.Fatalf("writing: %v", err)
	}
	d.model.write(writes)
}

func (d *differential) apply(t *testing.T) {
	draw := d.conditionalBatch
	if d.model.spec.Class == store.ExpiringClass {
		draw = d.expiringBatch
	}
	batch := draw()
	got, err := d.engine.Apply(t.Context(), batch)
	if err != nil {
		d.Fatalf("applying: %v", err)
	}
	want := d.model.apply(batch)
	slices.SortFunc(got.Present, d.model.compareKeys)
	slices.SortFunc(want.Present, d.model.compareKeys)
	d.same("answer", want, got)
}

func (d *differential) conditionalBatch() store.ConditionalBatch {
	spec := d.model.spec
	b := store.ConditionalBatch{Table: spec, Partition: d.fill(d.row(), spec.Partition)}
	taken := &model{spec: spec}
	for range rapid.IntRange(0, 4).Draw(d.T, "rows") {
		row := d.fill(slices.Clone(b.Partition), spec.Clustering, d.some(spec.Regular))
		if taken.find(row) >= 0 {
			continue
		}
		taken.put(row)
		isNew := rapid.Bool().Draw(d.T, "new")
		b.Rows = append(b.Rows, store.ConditionalRow{Row: row, IfNotExists: isNew})
	}
	for _, i := range d.some(spec.Static) {
		b.Conditions = append(b.Conditions, store.Condition{Column: i, Value: d.demand(i, b.Partition)})
	}
	named := d.some(spec.Static)
	if len(named) == 0 && len(b.Rows) == 0 || len(b.Conditions) == 0 {
		named = spec.Static
	}
	if len(named) > 0 {
		b.Statics = d.fill(d.row(), named)
	}
	if len(b.Conditions) == 0 { // Each batch has a condition.
		b.Conditions = []store.Condition{{Column: spec.Static[0], Value: d.demand(spec.Static[0], b.Partition)}}
	}
	return b
}

// demand draws what a static has to be: mostly what it is.
func (d *differential) demand(i int, partition store.Row) store.Value {
	if rapid.IntRange(0, 3).Draw(d.T, "other") == 0 {
		return d.value(i)
	}
	if statics := d.model.findStatics(partition); statics != nil {
		return statics[i]
	}
	return nil
}

func (d *differential) expiringBatch() store.ConditionalBatch {
	spec := d.model.spec
	row := d.fill(d.row(), spec.Partition, spec.Clustering, spec.Regular)
	partition := d.row()
	for _, i := range spec.Partition {
		partition[i] = row[i]
	}
	b := store.ConditionalBatch{Table: spec, Partition: partition, TTL: time.Hour}
	isNew := rapid.Bool().Draw(d.T, "new")
	b.Rows = []store.ConditionalRow{{Row: row, IfNotExists: isNew}}
	if !isNew {
		i := spec.Regular[0]
		b.Conditions = []store.Condition{{Column: i, Value: d.value(i)}}
	}
	return b
}

func (d *differential) compareRange(t *testing.T) {
	spec := d.model.spec
	s := store.Selection{Partition: d.fill(d.row(), spec.Partition)}
	s.Limit = rapid.SampledFrom([]int{1, 2, 1000}).Draw(d.T, "limit")
	s.Backwards = rapid.Bool().Draw(d.T, "backwards")
	for _, i := range spec.Clustering[:rapid.IntRange(0, len(spec.Clustering)).Draw(d.T, "prefix")] {
		s.Prefix = append(s.Prefix, d.value(i))
	}
	if len(s.Prefix) < len(spec.Clustering) {
		s.Low, s.High = d.bound(spec.Clustering[len(s.Prefix)]), d.bound(spec.Clustering[len(s.Prefix)])
	}
	if rest := spec.Clustering[len(s.Prefix):]; len(rest) > 0 && rapid.Bool().Draw(d.T, "after") {
		s.After = slices.Clone(s.Prefix)
		for _, i := range rest {
			s.After = append(s.After, d.value(i))
		}
	}
	got, err := d.engine.Range(t.Context(), spec, s, store.Latest)
	if err != nil {
		d.Fatalf("range: %v", err)
	}
	d.same("range", d.model.selected(s), got)
}

func (d *differential) bound(i int) store.Bound {
	if rapid.Bool().Draw(d.T, "bounded") {
		return store.Bound{Value: d.value(i), Inclusive: rapid.Bool().Draw(d.T, "inclusive")}
	}
	return store.Bound{}
}

func (d *differential) compareRow(t *testing.T) {
	spec := d.model.spec
	key := d.fill(d.row(), spec.Partition, spec.Clustering)
	got, there, err := d.engine.Get(t.Context(), spec, key, store.Recent)
	if err != nil {
		d.Fatalf("get: %v", err)
	}
	at := d.model.find(key)
	if there != (at >= 0) {
		d.Fatalf("get: there is %v, want %v", there, at >= 0)
	}
	if there {
		d.same("row", d.model.rows[at], got)
	}
}

// compareAll reads every partition whole.
func (d *differential) compareAll(t *testing.T) {
	for _, row := range slices.Concat(d.model.rows, d.model.statics) {
		s := store.Selection{Partition: d.row(), Limit: store.MaxRows}
		for _, i := range d.model.spec.Partition {
			s.Partition[i] = row[i]
		}
		got, err := d.engine.Range(t.Context(), d.model.spec, s, store.Recent)
		if err != nil {
			d.Fatalf("range: %v", err)
		}
		d.same("partition", d.model.selected(s), got)
		if len(d.model.spec.Static) == 0 {
			continue
		}
		statics, _, err := d.engine.Statics(t.Context(), d.model.spec, s.Partition, store.Latest)
		if err != nil {
			d.Fatalf("statics: %v", err)
		}
		d.same("statics", d.model.findStatics(s.Partition), statics)
	}
}

func (d *differential) same(what string, want, got any) {
	d.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		d.Fatalf("%s (-model +engine):\n%s", what, diff)
	}
}
