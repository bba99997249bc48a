package archive_test

import (
	"errors"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"farthing/pkg/store"
	"farthing/pkg/store/archive"
)

func TestAnyBankIsTheSameAfterItsMove(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		drawn := books(0, 12).Draw(rt, "bank")
		rows := rapid.SampledFrom([]int{3, 8, 1_000}).Draw(rt, "rows to a piece")
		t.Run("bank", func(t *testing.T) {
			from, to, dir := write(t, memory(t), drawn), memory(t), t.TempDir()
			source := archive.Source{Name: "test", Store: from}
			wrote, err := archive.ExportInPieces(t.Context(), source, schemas(), dir, rows)
			must(t, err)
			took, err := archive.ImportInPieces(t.Context(), dir, target(to), schemas(), rows)
			must(t, err)
			sameBank(t, from, to)
			agreeing(t, dir, from, to)
			if diff := gocmp.Diff(wrote, took); diff != "" {
				t.Errorf("exported and imported:\n%s", diff)
			}
		})
	})
}

// agreeing ends the test unless comparing finds no difference.
func agreeing(t *testing.T, dir string, from, to store.Store) {
	t.Helper()
	found, err := archive.Compare(t.Context(), from, to, schemas(), nil)
	if err != nil || !found.None() {
		t.Fatalf("comparing: %v, %v", found, err)
	}
	found, err = archive.Verify(t.Context(), dir, to, schemas(), nil)
	if err != nil || !found.None() {
		t.Fatalf("verifying: %v, %v", found, err)
	}
}

func TestAnExportSaysWhatItHolds(t *testing.T) {
	from := sample(t, 40)
	_, summary := exported(t, from)
	holds := read(t, from)
	if len(summary.Tables) != len(holds) || summary.Rows() == 0 || summary.Bytes() == 0 {
		t.Fatalf("%d tables, %d rows, %d bytes", len(summary.Tables), summary.Rows(), summary.Bytes())
	}
	for _, table := range summary.Tables {
		is := holds[table.Keyspace+"."+table.Table]
		if table.Rows != int64(len(is.rows)) || table.Statics != int64(len(is.statics)) {
			t.Errorf("%s: %+v, want %d and %d", table.Table, table, len(is.rows), len(is.statics))
		}
	}
}

func TestAFinishedExportAnswersAgainAndReadsNothing(t *testing.T) {
	from := sample(t, 20)
	dir, first := exported(t, from)
	write(t, from, bookOf("cards", "bares", store.Row{"later", int64(7)}))
	again, err := archive.Export(t.Context(), archive.Source{Name: "test", Store: from}, schemas(), dir, nil)
	must(t, err)
	if diff := gocmp.Diff(first, again); diff != "" {
		t.Error(diff)
	}
	checked, err := archive.Check(t.Context(), dir, schemas(), nil)
	must(t, err)
	if diff := gocmp.Diff(first, checked); diff != "" {
		t.Error(diff)
	}
}

// bookOf is a bank with these rows in one table.
func bookOf(keyspace, table string, rows ...store.Row) book {
	b := make(book)
	eachTable(func(k string, spec *store.Spec) {
		b[nameOf(k, spec)] = &held{}
	})
	b[keyspace+"."+table].rows = rows
	return b
}

func TestImportingTwiceChangesNothing(t *testing.T) {
	from, to := sample(t, 30), memory(t)
	dir, _ := exported(t, from)
	for _, name := range []string{"first", "first", "second"} { // The second begins anew, on the same store.
		_, err := archive.Import(t.Context(), dir, archive.Target{Name: name, Store: to}, schemas(), nil)
		must(t, err)
		sameBank(t, from, to)
	}
}

func TestOtherRowsInTheWayAreRefusedAndLeftAlone(t *testing.T) {
	row := func(columns ...store.Value) store.Row { return columns }
	for _, c := range []struct {
		name, keyspace, table string
		was, is               store.Row
	}{
		{"a plain row", "bank", "singles", row("a", "old"), row("a", "new")},
		{"a plain row with a column less", "bank", "singles", row("a", nil), row("a", "")},
		{"a conditional row", "cards", "numbers", row("7", "me"), row("7", "you")},
		{"a conditional row with a column more", "cards", "numbers", row("7", ""), row("7", nil)},
		{"an expiring row", "bank", "marks", row("o", "i", "used", int64(1)), row("o", "i", "used", int64(2))},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, _ := exported(t, write(t, memory(t), bookOf(c.keyspace, c.table, c.was)))
			to := write(t, memory(t), bookOf(c.keyspace, c.table, c.is))
			_, err := archive.Import(t.Context(), dir, target(to), schemas(), nil)
			if !errors.Is(err, archive.ErrDifferent) {
				t.Fatalf("got %v, want ErrDifferent", err)
			}
			names(t, err, c.keyspace+"."+c.table)
			sameBank(t, write(t, memory(t), bookOf(c.keyspace, c.table, c.is)), to)
		})
	}
}

func TestOtherStaticsInTheWayAreRefusedAndLeftAlone(t *testing.T) {
	statics := func(version, state store.Value) store.Row {
		return store.Row{"a", int64(1), version, state, nil, nil, nil, nil, nil, nil}
	}
	for name, is := range map[string]store.Row{
		"another value": statics(int64(2), []byte("s")),
		"a column less": statics(int64(1), nil),
		"a column more": {"a", int64(1), int64(1), []byte("s"), false, nil, nil, nil, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			was, there := bookOf("bank", "accounts"), bookOf("bank", "accounts")
			was["bank.accounts"].statics = []store.Row{statics(int64(1), []byte("s"))}
			there["bank.accounts"].statics = []store.Row{is}
			dir, _ := exported(t, write(t, memory(t), was))
			to := write(t, memory(t), there)
			_, err := archive.Import(t.Context(), dir, target(to), schemas(), nil)
			if !errors.Is(err, archive.ErrDifferent) {
				t.Fatalf("got %v, want ErrDifferent", err)
			}
			sameBank(t, write(t, memory(t), there), to)
		})
	}
}

func TestAnotherStoreOfTheSameNameIsNotTakenForTheOldOne(t *testing.T) {
	from := sample(t, 20)
	dir, _ := exported(t, from)
	_, err := archive.Import(t.Context(), dir, target(memory(t)), schemas(), nil)
	must(t, err)
	_, err = archive.Import(t.Context(), dir, target(memory(t)), schemas(), nil)
	if !errors.Is(err, archive.ErrForeign) {
		t.Fatalf("got %v, want ErrForeign", err)
	}
	names(t, err, "import-test.json")
}

func TestExpiringRowsLiveAsLongAsTheCallerSays(t *testing.T) {
	marks := store.ExpiringTable[mark]("marks").Spec()
	from := write(t, memory(t), bookOf("bank", "marks", store.Row{"o", "i", "used", int64(1)}))
	dir, _ := exported(t, from)
	for ttl, lives := range map[time.Duration]bool{0: true, time.Second: false} {
		kept := &ttls{Store: memory(t)}
		to := archive.Target{Name: "for-" + ttlName(ttl), Store: kept, ExpiringTTL: ttl}
		_, err := archive.Import(t.Context(), dir, to, schemas(), nil)
		must(t, err)
		want := ttl
		if lives {
			want = 90 * 24 * time.Hour
		}
		if diff := gocmp.Diff([]time.Duration{want}, kept.asked[marks.Name]); diff != "" {
			t.Error(diff)
		}
	}
}

func ttlName(ttl time.Duration) string {
	return map[bool]string{true: "ever", false: "a-second"}[ttl == 0]
}

func TestProgressCountsUpToTheWhole(t *testing.T) {
	from := sample(t, 40)
	dir := t.TempDir()
	last := make(map[archive.Step]map[string]archive.Progress)
	note := func(p archive.Progress) {
		if last[p.Step] == nil {
			last[p.Step] = make(map[string]archive.Progress)
		}
		name := p.Keyspace + "." + p.Table
		if before := last[p.Step][name]; p.Rows < before.Rows || before.Done {
			t.Errorf("after %+v came %+v", before, p)
		}
		last[p.Step][name] = p
	}
	source := archive.Source{Name: "test", Store: from}
	summary, err := archive.Export(t.Context(), source, schemas(), dir, note)
	must(t, err)
	to := memory(t)
	_, err = archive.Import(t.Context(), dir, target(to), schemas(), note)
	must(t, err)
	_, err = archive.Compare(t.Context(), from, to, schemas(), note)
	must(t, err)
	for _, table := range summary.Tables {
		for _, step := range []archive.Step{archive.Exporting, archive.Checking, archive.Importing, archive.Comparing} {
			p := last[step][table.Keyspace+"."+table.Table]
			if !p.Done || p.Rows != table.Rows+table.Statics || (step != archive.Exporting && p.Total != p.Rows) {
				t.Errorf("%s ended with %+v", step, p)
			}
		}
	}
}
