package storetest

import (
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"farthing/pkg/store"
)

func runConditional(t *testing.T, k *suite) {
	t.Run("a partition is opened once", func(t *testing.T) { openedOnce(t, k) })
	t.Run("a stale version changes nothing and answers what is there", func(t *testing.T) { staleVersion(t, k) })
	t.Run("absent equals no value", func(t *testing.T) { absentEqualsNothing(t, k) })
	t.Run("every type of static is compared", func(t *testing.T) { comparedStatics(t, k) })
	t.Run("a row that is there is answered whole, with the statics", func(t *testing.T) { presentRow(t, k) })
	t.Run("a row is inserted or found", func(t *testing.T) { insertedOrFound(t, k) })
	t.Run("of several rows all that are there are answered", func(t *testing.T) { severalPresent(t, k) })
	t.Run("a stale batch of new rows answers statics and no rows", func(t *testing.T) { staleButNew(t, k) })
	t.Run("a partition without statics answers none", func(t *testing.T) { neverOpened(t, k) })
	t.Run("statics that are not named stay", func(t *testing.T) { staticsStay(t, k) })
	t.Run("a condition need not come with a write of statics", func(t *testing.T) { onlyCompared(t, k) })
	t.Run("an insert without condition writes over", func(t *testing.T) { insertOver(t, k) })
	t.Run("statics are no row and rows no statics", func(t *testing.T) { staticsAreNoRow(t, k) })
	t.Run("a batch over the limits is refused", func(t *testing.T) { conditionalLimits(t, k) })
	t.Run("a batch that makes no sense is refused", func(t *testing.T) { senselessBatches(t, k) })
	t.Run("concurrent increments lose nothing", func(t *testing.T) { increments(t, k) })
	t.Run("of concurrent inserts one wins", func(t *testing.T) { oneInsertWins(t, k) })
}

// opened is a partition with version 1, open, and one entry.
func opened(t *testing.T, k *suite) account {
	t.Helper()
	a := account{ID: freshName(), Bucket: 7, Version: 1, State: []byte("one"), Kind: 1, Seq: 1, EntryID: "e1", Amount: 10}
	answer, err := accounts.On(k.Keyspace).Batch(a.ID, a.Bucket).IfNull("version").SetStatics(a).InsertNew(a).
		Apply(t.Context())
	if err != nil || !answer.OK {
		t.Fatalf("opening: %+v, %v", answer, err)
	}
	return a
}

// applied is the answer of a batch that must have one.
func applied[R any](t testing.TB, b *store.Batch[R]) store.Answer[R] {
	t.Helper()
	answer, err := b.Apply(t.Context())
	if err != nil {
		t.Fatalf("applying: %v", err)
	}
	return answer
}

// statics and entry are what a row of accounts is made of: an engine answers them apart.
func statics(a account) account {
	return account{ID: a.ID, Bucket: a.Bucket, Version: a.Version, State: a.State, Closed: a.Closed}
}

func entry(a account) account {
	a.Version, a.State, a.Closed = 0, nil, false
	return a
}

// holds checks all that a partition has.
func holds(t *testing.T, k *suite, wantStatics account, wantRows ...account) {
	t.Helper()
	in := accounts.On(k.Keyspace).In(wantStatics.ID, wantStatics.Bucket)
	for _, c := range []store.Consistency{store.Latest, store.Recent} {
		got, _, err := in.Statics(t.Context(), c)
		must(t, err)
		if diff := cmp.Diff(statics(wantStatics), got); diff != "" {
			t.Errorf("statics at %d:\n%s", c, diff)
		}
		rows, _, err := in.Range().List(t.Context(), c)
		must(t, err)
		if diff := cmp.Diff(wantRows, rows); diff != "" {
			t.Errorf("rows at %d:\n%s", c, diff)
		}
	}
}

// refused checks a refusal.
func refused(t *testing.T, got store.Answer[account], wantStatics *account, present ...account) {
	t.Helper()
	want := store.Answer[account]{Present: make([]account, 0)}
	if wantStatics != nil {
		want.Opened, want.Statics = true, statics(*wantStatics)
	}
	want.Present = append(want.Present, present...)
	slices.SortFunc(got.Present, func(a, b account) int { return int(a.Seq - b.Seq) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("refusal:\n%s", diff)
	}
}

func openedOnce(t *testing.T, k *suite) {
	a := opened(t, k)
	holds(t, k, a, entry(a))
	again := a
	again.State, again.Seq, again.EntryID = []byte("two"), 2, "e2"
	got := applied(t, accounts.On(k.Keyspace).Batch(a.ID, a.Bucket).IfNull("version").SetStatics(again).InsertNew(again))
	refused(t, got, &a)
	holds(t, k, a, entry(a))
}

func staleVersion(t *testing.T, k *suite) {
	a := opened(t, k)
	next := a
	next.Version, next.State, next.Seq, next.EntryID = 2, []byte("two"), 2, "e2"
	write := func() store.Answer[account] {
		return applied(t, accounts.On(k.Keyspace).Batch(a.ID, a.Bucket).If("version", int64(1)).If("closed", false).
			SetStatics(next).Insert(next))
	}
	if got := write(); !got.OK || got.Opened || len(got.Present) > 0 {
		t.Fatalf("the first write: %+v", got)
	}
	holds(t, k, next, entry(a), entry(next))
	refused(t, write(), &next)
	holds(t, k, next, entry(a), entry(next))
}

func absentEqualsNothing(t *testing.T, k *suite) {
	table, id := accounts.On(k.Keyspace), freshName()
	a := account{ID: id, Version: 1}
	if got := applied(t, table.Batch(id, int64(0)).IfNull("version").SetStatics(a, "version")); !got.OK {
		t.Fatalf("opening: %+v", got)
	}
	for name, batch := range map[string]*store.Batch[account]{
		"false": table.Batch(id, int64(0)).If("closed", false).SetStatics(a, "closed"),
		"bytes": table.Batch(id, int64(0)).If("state", []byte{}).SetStatics(a, "closed"),
	} {
		if got := applied(t, batch); got.OK || !got.Opened {
			t.Errorf("a column never written equals %s: %+v", name, got)
		}
	}
	if got := applied(t, table.Batch(id, int64(0)).IfNull("closed").SetStatics(a, "closed")); !got.OK {
		t.Errorf("a column never written is not null: %+v", got)
	}
	if got := applied(t, table.Batch(id, int64(0)).If("closed", false).SetStatics(a, "state")); !got.OK {
		t.Errorf("a column written as false is not false: %+v", got)
	}
	if got := applied(t, table.Batch(id, int64(0)).IfNull("state").SetStatics(a, "closed")); got.OK {
		t.Errorf("a column written as no bytes is null: %+v", got)
	}
}

func comparedStatics(t *testing.T, k *suite) {
	a := opened(t, k)
	start := func() *store.Batch[account] { return accounts.On(k.Keyspace).Batch(a.ID, a.Bucket) }
	for name, c := range map[string]struct {
		batch *store.Batch[account]
		ok    bool
	}{
		"all equal":   {start().If("version", int64(1)).If("state", []byte("one")).If("closed", false), true},
		"other bytes": {start().If("version", int64(1)).If("state", []byte("on")), false},
		"other bool":  {start().If("version", int64(1)).If("closed", true), false},
		"one differs": {start().If("version", int64(0)).If("closed", false), false},
		"not null":    {start().If("closed", false).IfNull("version"), false},
	} {
		if got := applied(t, c.batch.SetStatics(a)); got.OK != c.ok {
			t.Errorf("%s: got %v, want %v", name, got.OK, c.ok)
		}
	}
}

func presentRow(t *testing.T, k *suite) {
	a := opened(t, k)
	other := a
	other.Amount, other.Outcome = 99, "other"
	table := accounts.On(k.Keyspace)
	refused(t, applied(t, table.Batch(a.ID, a.Bucket).InsertNew(other)), &a, entry(a))
	other.Version = 2
	fresh := table.Batch(a.ID, a.Bucket).If("version", int64(1)).SetStatics(other).InsertNew(other)
	refused(t, applied(t, fresh), &a, entry(a))
	stale := table.Batch(a.ID, a.Bucket).If("version", int64(8)).SetStatics(other).InsertNew(other)
	refused(t, applied(t, stale), &a, entry(a))
	holds(t, k, a, entry(a))
}

func severalPresent(t *testing.T, k *suite) {
	a := opened(t, k)
	table := accounts.On(k.Keyspace)
	batch := table.Batch(a.ID, a.Bucket).If("version", int64(1)).SetStatics(account{Version: 2}, "version")
	var rows []account
	for seq := range int64(5) {
		row := account{ID: a.ID, Bucket: a.Bucket, Kind: 0, Seq: seq, EntryID: "id", Amount: seq, Outcome: "approved"}
		rows = append(rows, row)
		batch.InsertNew(row)
	}
	if got := applied(t, batch); !got.OK {
		t.Fatalf("inserting: %+v", got)
	}
	a.Version = 2
	again := table.Batch(a.ID, a.Bucket).If("version", int64(2)).SetStatics(account{Version: 3}, "version")
	for _, seq := range []int64{9, 1, 8, 3, 4} {
		again.InsertNew(account{Kind: 0, Seq: seq, EntryID: "id"})
	}
	refused(t, applied(t, again), &a, rows[1], rows[3], rows[4])
	holds(t, k, a, append(rows, entry(a))...)
}

func staleButNew(t *testing.T, k *suite) {
	a := opened(t, k)
	stale := accounts.On(k.Keyspace).Batch(a.ID, a.Bucket).If("version", int64(5)).If("closed", false).
		SetStatics(account{Version: 6}, "version")
	for seq := range int64(3) {
		stale.InsertNew(account{Kind: 0, Seq: seq, EntryID: "new"}).Insert(account{Kind: 1, Seq: 10 + seq, EntryID: "new"})
	}
	refused(t, applied(t, stale), &a)
	holds(t, k, a, entry(a))
}

func neverOpened(t *testing.T, k *suite) {
	table, id := accounts.On(k.Keyspace), freshName()
	row := account{ID: id, Kind: 0, Seq: 1, EntryID: "void", Outcome: "void"}
	stale := table.Batch(id, int64(0)).If("version", int64(1)).SetStatics(account{Version: 2}, "version").InsertNew(row)
	refused(t, applied(t, stale), nil)
	if got := applied(t, table.Batch(id, int64(0)).InsertNew(row)); !got.OK {
		t.Fatalf("a fence where nothing was opened: %+v", got)
	}
	refused(t, applied(t, table.Batch(id, int64(0)).InsertNew(row)), nil, row)
	if _, there, err := table.In(id, int64(0)).Statics(t.Context(), store.Latest); there || err != nil {
		t.Errorf("statics of a partition that has only a row: %v, %v", there, err)
	}
	if got := applied(t, table.Batch(id, int64(0)).IfNull("version").SetStatics(account{Version: 1})); !got.OK {
		t.Errorf("opening what has only a row: %+v", got)
	}
}

func staticsStay(t *testing.T, k *suite) {
	a := opened(t, k)
	batch := accounts.On(k.Keyspace).Batch(a.ID, a.Bucket).If("version", int64(1)).
		SetStatics(account{Version: 2, State: []byte("not named"), Closed: true}, "version", "closed")
	if got := applied(t, batch); !got.OK {
		t.Fatalf("writing: %+v", got)
	}
	rows := entry(a)
	a.Version, a.Closed = 2, true
	holds(t, k, a, rows)
}

func onlyCompared(t *testing.T, k *suite) {
	a := opened(t, k)
	table := accounts.On(k.Keyspace)
	row := account{ID: a.ID, Bucket: a.Bucket, Kind: 1, Seq: 2, EntryID: "e2", Amount: 5}
	refused(t, applied(t, table.Batch(a.ID, a.Bucket).If("version", int64(2)).Insert(row)), &a)
	if got := applied(t, table.Batch(a.ID, a.Bucket).If("version", int64(1)).If("closed", false).InsertNew(row)); !got.OK {
		t.Fatalf("writing: %+v", got)
	}
	holds(t, k, a, entry(a), row)
}

func insertOver(t *testing.T, k *suite) {
	a := opened(t, k)
	over := account{ID: a.ID, Bucket: a.Bucket, Kind: 1, Seq: 1, EntryID: "e1", Amount: 11, Outcome: "over"}
	batch := accounts.On(k.Keyspace).Batch(a.ID, a.Bucket).If("version", int64(1)).
		SetStatics(account{Version: 2}, "version").Insert(over, "outcome")
	if got := applied(t, batch); !got.OK {
		t.Fatalf("writing: %+v", got)
	}
	want := entry(a)
	want.Outcome, a.Version = "over", 2
	holds(t, k, a, want)
}

func staticsAreNoRow(t *testing.T, k *suite) {
	table, id := accounts.On(k.Keyspace), freshName()
	a := account{ID: id, Version: 1, State: []byte{}}
	if got := applied(t, table.Batch(id, int64(0)).IfNull("version").SetStatics(a)); !got.OK {
		t.Fatalf("opening: %+v", got)
	}
	in := table.In(id, int64(0))
	rows, next, err := in.Range().List(t.Context(), store.Latest)
	if len(rows) > 0 || next != "" || err != nil {
		t.Errorf("rows of a partition that has only statics: %+v, %q, %v", rows, next, err)
	}
	if _, there, err := in.Find(t.Context(), store.Latest, int64(0), int64(0), ""); there || err != nil {
		t.Errorf("a row of a partition that has only statics: %v, %v", there, err)
	}
}

func conditionalLimits(t *testing.T, k *suite) {
	batch := func(rows, bytes int) *store.Batch[account] {
		id := freshName()
		a := account{ID: id, Version: 1, State: make([]byte, bytes)}
		b := accounts.On(k.Keyspace).Batch(id, int64(0)).IfNull("version").SetStatics(a)
		for seq := range int64(rows) {
			b.Insert(account{Kind: 1, Seq: seq, EntryID: strconv.Itoa(int(seq))}, "amount")
		}
		return b
	}
	for name, c := range map[string]struct {
		batch *store.Batch[account]
		err   error
	}{
		"256 rows":          {batch(256, 0), nil},
		"257 rows":          {batch(257, 0), store.ErrTooLarge},
		"nearly 256 KiB":    {batch(1, 255<<10), nil},
		"more than 256 KiB": {batch(1, 256<<10), store.ErrTooLarge},
	} {
		answer, err := c.batch.Apply(t.Context())
		if !errors.Is(err, c.err) || answer.OK != (c.err == nil) {
			t.Errorf("%s: got %v, %v, want %v", name, answer.OK, err, c.err)
		}
	}
}

func senselessBatches(t *testing.T, k *suite) {
	table, id := accounts.On(k.Keyspace), freshName()
	row := account{Kind: 1, Seq: 1, EntryID: "e"}
	b := func() *store.Batch[account] { return table.Batch(id, int64(0)) }
	for name, batch := range map[string]*store.Batch[account]{
		"no condition":                b().SetStatics(account{}).Insert(row),
		"a condition on a row column": b().If("amount", int64(1)).Insert(row),
		"a condition on no column":    b().If("nothing", int64(1)).Insert(row),
		"a condition of another type": b().If("version", "1").Insert(row),
		"one column twice":            b().If("version", int64(1)).If("version", int64(2)).Insert(row),
		"one row twice":               b().IfNull("version").Insert(row).Insert(row),
		"one row new and not new":     b().IfNull("version").Insert(row).InsertNew(row),
		"nothing to write":            b().IfNull("version"),
		"half a partition":            table.Batch(id).IfNull("version").Insert(row),
		"a static that is no static":  b().IfNull("version").SetStatics(account{}, "amount"),
		"a column that is a static":   b().IfNull("version").Insert(row, "version"),
	} {
		if _, err := batch.Apply(t.Context()); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", name, err)
		}
	}
}

func increments(t *testing.T, k *suite) {
	const writers, each = 8, 5
	a := opened(t, k)
	table := accounts.On(k.Keyspace)
	var group sync.WaitGroup
	for writer := range writers {
		group.Go(func() {
			version := a.Version
			for done := 0; done < each; {
				id := strconv.Itoa(writer) + "." + strconv.Itoa(done)
				answer, err := table.Batch(a.ID, a.Bucket).If("version", version).
					SetStatics(account{Version: version + 1}, "version").
					InsertNew(account{Kind: 0, Seq: 0, EntryID: id, AtSeq: version + 1}).Apply(t.Context())
				switch {
				case err != nil && !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, store.ErrUnknown):
					t.Errorf("writer %d: %v", writer, err)
					return
				case answer.OK || len(answer.Present) > 0: // Present after an unknown outcome: it was done.
					done++
				}
				if answer.Opened {
					version = answer.Statics.Version
				}
			}
		})
	}
	group.Wait()
	got, _, err := table.In(a.ID, a.Bucket).Statics(t.Context(), store.Latest)
	must(t, err)
	rows, _, err := table.In(a.ID, a.Bucket).Range(int64(0)).List(t.Context(), store.Latest)
	must(t, err)
	seen := make(map[int64]bool)
	for _, row := range rows {
		seen[row.AtSeq] = true
	}
	if got.Version != 1+writers*each || len(seen) != writers*each {
		t.Errorf("version %d and %d different rows after %d increments", got.Version, len(seen), writers*each)
	}
}
