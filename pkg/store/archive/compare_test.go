package archive_test

import (
	"context"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"farthing/pkg/store"
	"farthing/pkg/store/archive"
)

// losing is a store of which some rows and statics are not seen.
type losing struct {
	store.Store
	table string
	lost  func(store.Row) bool
}

// Open is a keyspace with lost rows.
func (s losing) Open(keyspace string) store.Engine { return losingEngine{s.Store.Open(keyspace), s} }

type losingEngine struct {
	store.Engine
	of losing
}

// Get does not see a lost row.
func (e losingEngine) Get(
	ctx context.Context, spec *store.Spec, key store.Row, c store.Consistency,
) (store.Row, bool, error) {
	row, found, err := e.Engine.Get(ctx, spec, key, c)
	return row, found && (spec.Name != e.of.table || !e.of.lost(row)), err
}

// Walk does not see lost rows.
func (e losingEngine) Walk(
	ctx context.Context, spec *store.Spec, place string, limit int,
) (seen []store.Row, next string, err error) {
	rows, next, err := e.Engine.Walk(ctx, spec, place, limit)
	for _, row := range rows {
		if spec.Name != e.of.table || !e.of.lost(row) {
			seen = append(seen, row)
		}
	}
	return seen, next, err
}

// compared is what Compare and Verify tell, the samples of Compare apart.
func compared(t *testing.T, dir string, a, b store.Store) (archive.Differences, []string) {
	t.Helper()
	found, err := archive.Compare(t.Context(), a, b, schemas(), nil)
	must(t, err)
	verified, err := archive.Verify(t.Context(), dir, b, schemas(), nil)
	must(t, err)
	if diff := gocmp.Diff(found, verified, cmpopts.IgnoreFields(archive.Difference{}, "Samples")); diff != "" {
		t.Errorf("compared and verified:\n%s", diff)
	}
	var samples []string
	for n := range found.Tables {
		samples = append(samples, found.Tables[n].Samples...)
		found.Tables[n].Samples = nil
	}
	return found, samples
}

func TestALostRowIsFound(t *testing.T) {
	from := sample(t, 40)
	dir, summary := exported(t, from)
	for _, table := range summary.Tables {
		if table.Rows == 0 {
			continue
		}
		t.Run(table.Table, func(t *testing.T) {
			lost := read(t, from)[table.Keyspace+"."+table.Table].rows[0]
			to := losing{from, table.Table, func(row store.Row) bool { return gocmp.Equal(lost, row) }}
			found, samples := compared(t, dir, from, to)
			want := archive.Difference{Keyspace: table.Keyspace, Table: table.Table, Missing: 1}
			if diff := gocmp.Diff([]archive.Difference{want}, found.Tables); diff != "" {
				t.Error(diff)
			}
			if len(samples) != 1 || !strings.HasPrefix(samples[0], "missing row ") {
				t.Errorf("samples: %q", samples)
			}
			found, err := archive.Compare(t.Context(), to, from, schemas(), nil)
			must(t, err)
			if len(found.Tables) != 1 || found.Tables[0].Extra != 1 || found.Tables[0].Missing != 0 {
				t.Errorf("the other way round: %v", found)
			}
		})
	}
}

func TestEveryKindOfDifferenceIsCounted(t *testing.T) {
	const secret = "07700 900123"
	row := func(columns ...store.Value) store.Row { return columns }
	was := bookOf("cards", "numbers", row(secret, "me"), row("b", "you"), row("c", nil), row("d", "x"))
	is := bookOf("cards", "numbers", row(secret, "you"), row("c", ""), row("d", "x"), row("e", "y"), row("f", "y"))
	was["bank.accounts"].statics = []store.Row{
		row("only a", int64(1), int64(1), nil, nil, nil, nil, nil, nil, nil),
		row("both", int64(1), int64(1), nil, nil, nil, nil, nil, nil, nil),
	}
	is["bank.accounts"].statics = []store.Row{
		row("both", int64(1), int64(1), nil, false, nil, nil, nil, nil, nil),
		row("only b", int64(1), int64(1), nil, nil, nil, nil, nil, nil, nil),
	}
	a, b := write(t, memory(t), was), write(t, memory(t), is)
	dir, _ := exported(t, a)
	found, samples := compared(t, dir, a, b)
	want := []archive.Difference{
		{Keyspace: "bank", Table: "accounts", Missing: 1, Extra: 1, Different: 1},
		{Keyspace: "cards", Table: "numbers", Missing: 1, Extra: 2, Different: 2},
	}
	if diff := gocmp.Diff(want, found.Tables); diff != "" {
		t.Error(diff)
	}
	if len(samples) != 8 || strings.Contains(strings.Join(samples, " "), secret) {
		t.Errorf("samples: %q", samples)
	}
}
