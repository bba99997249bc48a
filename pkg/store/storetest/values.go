package storetest

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"farthing/pkg/errs"
	"farthing/pkg/store"
)

// noon has the milliseconds that a time may have.
func noon() time.Time { return time.Date(2026, 3, 4, 12, 0, 0, 123e6, time.UTC) }

func runValues(t *testing.T, k *suite) {
	t.Run("what is written is read", func(t *testing.T) { writtenIsRead(t, k) })
	t.Run("zero values that are written are there", func(t *testing.T) { zeroIsWritten(t, k) })
	t.Run("a column that was never written reads as zero", func(t *testing.T) { absentIsZero(t, k) })
	t.Run("what a put does not name stays", func(t *testing.T) { unnamedStays(t, k) })
	t.Run("a row may be nothing but its key", func(t *testing.T) { bareRow(t, k) })
	t.Run("a key of every type finds its row", func(t *testing.T) { keysOfEveryType(t, k) })
	t.Run("a table without clustering has one row to a partition", func(t *testing.T) { oneRow(t, k) })
	t.Run("a row that is not there is not found", func(t *testing.T) { notThere(t, k) })
	t.Run("what no column can hold is refused", func(t *testing.T) { refusedValues(t, k) })
}

func writtenIsRead(t *testing.T, k *suite) {
	table, owner := things.On(k.Keyspace), freshName()
	rows := []thing{
		{owner, "1", "text", 42, true, []byte("body"), noon()},
		{owner, "2", "zero\x00byte, ünï¢ødé", math.MaxInt64, true, []byte{0, 1, 255, 0}, time.UnixMilli(0).UTC()},
		{owner, "3", strings.Repeat("long", 2_000), math.MinInt64, false, make([]byte, 5_000), noon().AddDate(-200, 0, 0)},
		{owner, "4", "", -1, false, []byte("x"), time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC)},
	}
	for _, want := range rows {
		put(t, k, table.Put(want))
		for _, c := range []store.Consistency{store.Latest, store.Recent} {
			got, err := table.In(owner).Get(t.Context(), c, want.ID)
			must(t, err)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("row %s at %d:\n%s", want.ID, c, diff)
			}
		}
	}
}

func zeroIsWritten(t *testing.T, k *suite) {
	table, owner := things.On(k.Keyspace), freshName()
	put(t, k, table.Put(thing{owner, "1", "text", 1, true, []byte("x"), noon()}))
	put(t, k, table.Put(thing{Owner: owner, ID: "1"}))
	row := engineRow(t, k, thing{Owner: owner, ID: "1"})
	for i, column := range things.Spec().Columns {
		if row[i] == nil {
			t.Errorf("column %s was written as zero and is absent", column.Name)
		}
	}
	got, err := table.In(owner).Get(t.Context(), store.Latest, "1")
	must(t, err)
	if got.Text != "" || got.Count != 0 || got.Done || len(got.Body) != 0 || !got.At.IsZero() {
		t.Errorf("zero values came back as %+v", got)
	}
}

func absentIsZero(t *testing.T, k *suite) {
	table, owner := things.On(k.Keyspace), freshName()
	put(t, k, table.Put(thing{Owner: owner, ID: "1", Count: 7, Text: "not named"}, "count"))
	got, err := table.In(owner).Get(t.Context(), store.Latest, "1")
	must(t, err)
	if diff := cmp.Diff(thing{Owner: owner, ID: "1", Count: 7}, got); diff != "" {
		t.Error(diff)
	}
	row := engineRow(t, k, thing{Owner: owner, ID: "1"})
	if row[2] != nil || row[4] != nil || row[5] != nil || row[6] != nil {
		t.Errorf("columns that were never written are %v", row)
	}
}

func unnamedStays(t *testing.T, k *suite) {
	table, owner := things.On(k.Keyspace), freshName()
	put(t, k, table.Put(thing{owner, "1", "first", 1, true, []byte("x"), noon()}))
	put(t, k, table.Put(thing{Owner: owner, ID: "1", Text: "second", Done: false, Count: 99}, "text", "done"))
	got, err := table.In(owner).Get(t.Context(), store.Latest, "1")
	must(t, err)
	if diff := cmp.Diff(thing{owner, "1", "second", 1, false, []byte("x"), noon()}, got); diff != "" {
		t.Error(diff)
	}
	bad := k.Write(t.Context(), table.Put(thing{Owner: owner, ID: "1"}, "txet"))
	if !errors.Is(bad, store.ErrInvalid) {
		t.Errorf("a column that does not exist: got %v, want ErrInvalid", bad)
	}
}

func bareRow(t *testing.T, k *suite) {
	table, owner := bares.On(k.Keyspace), freshName()
	put(t, k, table.Put(bare{Owner: owner, ID: 3}))
	rows, _, err := table.In(owner).Range().List(t.Context(), store.Recent)
	must(t, err)
	if diff := cmp.Diff([]bare{{owner, 3}}, rows); diff != "" {
		t.Error(diff)
	}
}

func keysOfEveryType(t *testing.T, k *suite) {
	table := keyedRows.On(k.Keyspace)
	base := keyed{
		freshName(), -5, true, []byte{0, 255}, noon(), "na\x00me", math.MinInt64, false, []byte{}, noon(), "first",
	}
	changes := []func(*keyed){
		func(*keyed) {}, func(r *keyed) { r.Number = 5 }, func(r *keyed) { r.Flag = false },
		func(r *keyed) { r.Raw = []byte{0} }, func(r *keyed) { r.Since = noon().Add(time.Millisecond) },
		func(r *keyed) { r.Name = "na" }, func(r *keyed) { r.Rank = math.MaxInt64 }, func(r *keyed) { r.Odd = true },
		func(r *keyed) { r.Blob = []byte{0} }, func(r *keyed) { r.Time = time.UnixMilli(-1).UTC() },
	}
	var rows []keyed
	for i, change := range changes {
		row := base
		change(&row)
		row.Note = string(rune('a' + i))
		rows = append(rows, row)
		put(t, k, table.Put(row))
	}
	for _, want := range rows {
		got, err := table.In(want.Owner, want.Number, want.Flag, want.Raw, want.Since).
			Get(t.Context(), store.Latest, want.Name, want.Rank, want.Odd, want.Blob, want.Time)
		must(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

func oneRow(t *testing.T, k *suite) {
	table, id := singles.On(k.Keyspace), freshName()
	put(t, k, table.Put(single{id, "first"}))
	put(t, k, table.Put(single{id, "second"}))
	got, err := table.In(id).Get(t.Context(), store.Latest)
	must(t, err)
	rows, next, err := table.In(id).Range().List(t.Context(), store.Recent)
	must(t, err)
	if diff := cmp.Diff([]single{got}, rows); diff != "" || got.Note != "second" || next != "" {
		t.Errorf("got %+v, token %q:\n%s", got, next, diff)
	}
}

func notThere(t *testing.T, k *suite) {
	_, err := singles.On(k.Keyspace).In(freshName()).Get(t.Context(), store.Latest)
	if !errs.Is(err, "not_found.singles") {
		t.Errorf("got %v, want not_found.singles", err)
	}
	_, ok, err := accounts.On(k.Keyspace).In(freshName(), int64(0)).Statics(t.Context(), store.Latest)
	if ok || err != nil {
		t.Errorf("statics of a partition that is not there: %v, %v", ok, err)
	}
	rows, next, err := events.On(k.Keyspace).In(freshName()).Range().List(t.Context(), store.Latest)
	if len(rows) > 0 || next != "" || err != nil {
		t.Errorf("rows of a partition that is not there: %v, %q, %v", rows, next, err)
	}
}

func refusedValues(t *testing.T, k *suite) {
	ok := thing{freshName(), "1", "text", 1, true, nil, noon()}
	bad := map[string]func(*thing){
		"a time finer than a millisecond": func(r *thing) { r.At = r.At.Add(time.Microsecond) },
		"a time that is not UTC":          func(r *thing) { r.At = r.At.In(time.FixedZone("BST", 3600)) },
		"text that is not UTF-8":          func(r *thing) { r.Text = "\xff" },
		"an empty partition":              func(r *thing) { r.Owner = "" },
		"a key of 10 kB":                  func(r *thing) { r.ID = strings.Repeat("x", 10_000) },
	}
	table := things.On(k.Keyspace)
	for name, spoil := range bad {
		row := ok
		spoil(&row)
		if err := k.Write(t.Context(), table.Put(row)); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", name, err)
		}
	}
	if _, _, err := table.In(ok.Owner).Find(t.Context(), store.Latest, int64(1)); !errors.Is(err, store.ErrInvalid) {
		t.Errorf("a number for a text: got %v, want ErrInvalid", err)
	}
	if _, found, err := table.In(ok.Owner).Find(t.Context(), store.Latest, ok.ID); found || err != nil {
		t.Errorf("a refused write left something: %v, %v", found, err)
	}
}

// engineRow is a thing as its engine sees it: it tells absent from zero.
func engineRow(t *testing.T, k *suite, key thing) store.Row {
	t.Helper()
	spec := things.Spec()
	row := make(store.Row, len(spec.Columns))
	row[0], row[1] = key.Owner, key.ID
	got, ok, err := k.engine.Get(t.Context(), spec, row, store.Latest)
	if err != nil || !ok {
		t.Fatalf("reading %s: %v, %v", key.ID, ok, err)
	}
	return got
}
