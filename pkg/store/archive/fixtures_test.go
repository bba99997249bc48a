package archive_test

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"farthing/pkg/store"
	"farthing/pkg/store/archive"
	pebblestore "farthing/pkg/store/pebble"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// thing has keys and columns of each type, in both directions, and tags that are not in order.
type thing struct {
	Owner  string    `store:"9,partition"`
	Number int64     `store:"2,partition"`
	Rank   int64     `store:"3,clustering,desc"`
	Blob   []byte    `store:"1,clustering"`
	Since  time.Time `store:"5,clustering,desc"`
	Odd    bool      `store:"4,clustering"`

	Text  string    `store:"200"`
	Count int64     `store:"16"`
	Done  bool      `store:"15"`
	Body  []byte    `store:"14"`
	At    time.Time `store:"13"`
}

type single struct {
	ID   string `store:"1,partition"`
	Note string `store:"2"`
}

type bare struct {
	Owner string `store:"1,partition"`
	ID    int64  `store:"2,clustering"`
}

type account struct {
	ID     string `store:"1,partition"`
	Bucket int64  `store:"2,partition"`

	Version int64     `store:"3,static"`
	State   []byte    `store:"4,static"`
	Closed  bool      `store:"5,static"`
	Changed time.Time `store:"12,static"`

	Kind    int64  `store:"6,clustering"`
	EntryID string `store:"7,clustering,desc"`
	Amount  int64  `store:"8"`
	Outcome string `store:"9"`
}

type number struct {
	Number string `store:"1,partition"`
	Holder string `store:"2"`
}

type mark struct {
	Owner string `store:"1,partition"`
	ID    string `store:"2,clustering,desc"`
	State string `store:"3"`
	Uses  int64  `store:"4"`
}

func schemas() []store.Schema {
	return []store.Schema{
		{Keyspace: "bank", Tables: []store.Table{
			store.PlainTable[thing]("things"), store.PlainTable[bare]("empty"), store.PlainTable[single]("singles"),
			store.ConditionalTable[account]("accounts"), store.ExpiringTable[mark]("marks"),
		}},
		{Keyspace: "cards", Tables: []store.Table{
			store.PlainTable[bare]("bares"), store.ConditionalTable[number]("numbers"),
		}},
	}
}

// book is what a bank holds: rows and statics, by keyspace and table.
type book map[string]*held

type held struct{ rows, statics []store.Row }

// eachTable visits all tables in the order of their declaration.
func eachTable(visit func(keyspace string, spec *store.Spec)) {
	for _, schema := range schemas() {
		for _, table := range schema.Tables {
			visit(schema.Keyspace, table.Spec())
		}
	}
}

func nameOf(keyspace string, spec *store.Spec) string { return keyspace + "." + spec.Name }

// books draws banks with so many rows in a table, and nothing in the table that is called empty.
func books(least, most int) *rapid.Generator[book] {
	return rapid.Custom(func(t *rapid.T) book {
		drawn := make(book)
		eachTable(func(keyspace string, spec *store.Spec) {
			h := &held{}
			drawn[nameOf(keyspace, spec)] = h
			if spec.Name == "empty" {
				return
			}
			h.rows = drawRows(t, spec, least, most, spec.Regular, spec.Partition, spec.Clustering)
			if len(spec.Static) > 0 {
				h.statics = drawRows(t, spec, least, most, spec.Static, spec.Partition)
			}
		})
		return drawn
	})
}

// drawRows draws rows with different keys and some of these columns; an expiring table's rows are whole.
func drawRows(t *rapid.T, spec *store.Spec, least, most int, columns []int, keys ...[]int) []store.Row {
	var rows []store.Row
	seen := make(map[string]bool)
	for range rapid.IntRange(least, most).Draw(t, spec.Name) {
		row := make(store.Row, len(spec.Columns))
		for _, i := range slices.Concat(keys...) {
			row[i] = drawValue(t, spec.Columns[i])
		}
		if key := fmt.Sprint(row); seen[key] {
			continue
		} else {
			seen[key] = true
		}
		for _, i := range columns {
			if spec.Class == store.ExpiringClass || rapid.Bool().Draw(t, "there") {
				row[i] = drawValue(t, spec.Columns[i])
			}
		}
		if len(keys) == 1 { // Statics that are none would not be there.
			row[columns[0]] = drawValue(t, spec.Columns[columns[0]])
		}
		rows = append(rows, row)
	}
	return rows
}

// drawValue draws from few values, so that rows meet in partitions.
func drawValue(t *rapid.T, column store.Column) store.Value {
	switch column.Type {
	case store.Text:
		texts := []string{"", "a", "a\x00", "b", "é", strings.Repeat("long", 300)}
		if column.Role == store.Partition { // No partition is named by nothing at all.
			texts = texts[1:]
		}
		return rapid.SampledFrom(texts).Draw(t, column.Name)
	case store.Integer:
		return rapid.SampledFrom([]int64{-1 << 63, -1, 0, 1, 1<<63 - 1}).Draw(t, column.Name)
	case store.Boolean:
		return rapid.Bool().Draw(t, column.Name)
	case store.Bytes:
		return rapid.SampledFrom([][]byte{{}, {0}, {0, 1}, {255}}).Draw(t, column.Name)
	default:
		return time.UnixMilli(rapid.Int64Range(-2, 2).Draw(t, column.Name) * 1_000_000_000_001).UTC()
	}
}

// sample is a bank with up to so many rows in a table (some meet), the same each time.
func sample(t testing.TB, rows int) store.Store {
	return write(t, memory(t), books(rows, rows).Example(11))
}

// memory is an empty bank in memory, closed when the test ends.
func memory(t testing.TB) store.Store {
	t.Helper()
	s, err := pebblestore.OpenInMemory(pebblestore.Options{Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return migrated(t, s)
}

func migrated(t testing.TB, s store.Store) store.Store {
	t.Helper()
	for _, schema := range schemas() {
		must(t, s.Migrate(t.Context(), schema))
	}
	return s
}

// write writes a bank, row by row.
func write(t testing.TB, s store.Store, b book) store.Store {
	t.Helper()
	eachTable(func(keyspace string, spec *store.Spec) {
		engine := s.Open(keyspace)
		for _, row := range b[nameOf(keyspace, spec)].rows {
			writeRow(t, engine, spec, row)
		}
		for _, statics := range b[nameOf(keyspace, spec)].statics {
			writeStatics(t, engine, spec, statics)
		}
	})
	return s
}

func writeRow(t testing.TB, engine store.Engine, spec *store.Spec, row store.Row) {
	t.Helper()
	if spec.Class == store.PlainClass {
		must(t, engine.Write(t.Context(), []store.Mutation{{Table: spec, Row: row}}))
		return
	}
	rows := []store.ConditionalRow{{Row: row, IfNotExists: true}}
	batch := store.ConditionalBatch{Table: spec, Partition: row, Rows: rows}
	if spec.Class == store.ExpiringClass {
		batch.TTL = time.Hour
	}
	apply(t, engine, batch)
}

func writeStatics(t testing.TB, engine store.Engine, spec *store.Spec, statics store.Row) {
	t.Helper()
	apply(t, engine, store.ConditionalBatch{
		Table: spec, Partition: statics, Statics: statics, Conditions: []store.Condition{{Column: spec.Static[0]}},
	})
}

func apply(t testing.TB, engine store.Engine, batch store.ConditionalBatch) {
	t.Helper()
	if answer, err := engine.Apply(t.Context(), batch); err != nil || !answer.OK {
		t.Fatalf("writing: %+v, %v", answer, err)
	}
}

// read is all that a bank holds, each table in the order of its text.
func read(t testing.TB, s store.Store) book {
	t.Helper()
	all := make(book)
	eachTable(func(keyspace string, spec *store.Spec) {
		engine := s.Open(keyspace)
		all[nameOf(keyspace, spec)] = &held{
			rows: walked(t, func(place string) ([]store.Row, string, error) {
				return engine.Walk(t.Context(), spec, place, store.MaxRows)
			}),
			statics: walked(t, func(place string) ([]store.Row, string, error) {
				return engine.WalkPartitions(t.Context(), spec, place, store.MaxRows)
			}),
		}
	})
	return all
}

func walked(t testing.TB, piece func(place string) ([]store.Row, string, error)) []store.Row {
	t.Helper()
	all := make([]store.Row, 0)
	for place := ""; ; {
		rows, next, err := piece(place)
		must(t, err)
		if all = append(all, rows...); next == "" {
			break
		}
		place = next
	}
	texts := make(map[*store.Value]string, len(all)) // By a row's first cell, which is its own.
	for _, row := range all {
		texts[&row[0]] = fmt.Sprint(row)
	}
	slices.SortFunc(all, func(a, b store.Row) int { return cmp.Compare(texts[&a[0]], texts[&b[0]]) })
	return all
}

// sameBank ends the test unless both banks hold the same.
func sameBank(t testing.TB, want, got store.Store) {
	t.Helper()
	wanted, found := read(t, want), read(t, got)
	for name, h := range wanted {
		if diff := gocmp.Diff(*h, *found[name], gocmp.AllowUnexported(held{})); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func exported(t testing.TB, s store.Store) (dir string, summary archive.Summary) {
	t.Helper()
	dir = t.TempDir()
	summary, err := archive.Export(t.Context(), archive.Source{Name: "test", Store: s}, schemas(), dir, nil)
	must(t, err)
	return dir, summary
}

func target(s store.Store) archive.Target { return archive.Target{Name: "test", Store: s} }
