package storetest

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"farthing/pkg/store"
)

func runWalks(t *testing.T, k *suite) {
	t.Run("a walk sees each row once, whatever the limit", func(t *testing.T) { walkedOnce(t, k) })
	t.Run("a walk over partitions sees those with statics", func(t *testing.T) { walkedPartitions(t, k) })
	t.Run("a walk that makes no sense is refused", func(t *testing.T) {
		for name, limit := range map[string]int{"limit 0": 0, "limit 1,001": 1_001} {
			if _, _, err := walkedRows.On(k.Keyspace).Walk(t.Context(), "", limit); !errors.Is(err, store.ErrInvalid) {
				t.Errorf("%s: got %v, want ErrInvalid", name, err)
			}
		}
		if _, _, err := walkedRows.On(k.Keyspace).Walk(t.Context(), "not!a~place", 1); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("not a place: got %v, want ErrInvalid", err)
		}
	})
}

// walk puts the pieces of a walk together.
func walk[R any](t *testing.T, limit int, piece func(place string) ([]R, string, error)) []R {
	t.Helper()
	var all []R
	place := ""
	for range 1_000 {
		rows, next, err := piece(place)
		must(t, err)
		if len(rows) > limit {
			t.Fatalf("%d rows at once, of %d", len(rows), limit)
		}
		if all = append(all, rows...); next == "" {
			return all
		}
		place = next
	}
	t.Fatal("the walk does not end")
	return nil
}

func walkedOnce(t *testing.T, k *suite) {
	table := walkedRows.On(k.Keyspace)
	var want []walkedRow
	var names []string
	for partition := range 7 {
		owner := "owner\x00" + strconv.Itoa(partition)
		if partition > 0 {
			names = append(names, owner)
		}
		for seq := range int64(partition) * 3 {
			row := walkedRow{owner, seq - 5}
			want = append(want, row)
			put(t, k, table.Put(row))
		}
	}
	gone := walkedRow{"gone", 1}
	put(t, k, table.Put(gone))
	put(t, k, table.Delete(gone))
	for _, limit := range []int{1, 3, 10, 62, 63, 64, 1_000} {
		got := walk(t, limit, func(place string) ([]walkedRow, string, error) {
			return table.Walk(t.Context(), place, limit)
		})
		slices.SortFunc(got, func(a, b walkedRow) int {
			return cmp.Or(cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.Seq, b.Seq))
		})
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Fatalf("pieces of %d:\n%s", limit, diff)
		}
		named := walk(t, limit, func(place string) ([]string, string, error) {
			return table.WalkNames(t.Context(), place, limit, func(row walkedRow) string { return row.Owner })
		})
		if limit > len(want) && len(named) != len(names) {
			t.Errorf("one piece names %d partitions: %q", len(named), named)
		}
		slices.Sort(named)
		if diff := gocmp.Diff(names, slices.Compact(named)); diff != "" {
			t.Errorf("names, pieces of %d:\n%s", limit, diff)
		}
	}
}

func walkedPartitions(t *testing.T, k *suite) {
	table := walkedAccounts.On(k.Keyspace)
	var wantRows, wantPartitions []walkedAccount
	for n := range int64(9) {
		id := "account " + strconv.Itoa(int(n))
		batch := table.Batch(id)
		if n%3 > 0 { // Every third has no statics.
			batch.IfNull("version").SetStatics(walkedAccount{Version: n})
			wantPartitions = append(wantPartitions, walkedAccount{ID: id, Version: n})
		}
		for seq := range n % 5 {
			row := walkedAccount{ID: id, Seq: seq, Note: id}
			wantRows = append(wantRows, row)
			batch.InsertNew(row)
		}
		if n > 0 && !applied(t, batch).OK {
			t.Fatalf("account %d was not written", n)
		}
	}
	byKey := func(a, b walkedAccount) int { return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Seq, b.Seq)) }
	for _, limit := range []int{1, 2, 6, 100} {
		partitions := walk(t, limit, func(place string) ([]walkedAccount, string, error) {
			return table.WalkPartitions(t.Context(), place, limit)
		})
		slices.SortFunc(partitions, byKey)
		if diff := gocmp.Diff(wantPartitions, partitions); diff != "" {
			t.Errorf("partitions, pieces of %d:\n%s", limit, diff)
		}
		rows := walk(t, limit, func(place string) ([]walkedAccount, string, error) {
			return table.Walk(t.Context(), place, limit)
		})
		slices.SortFunc(rows, byKey)
		if diff := gocmp.Diff(wantRows, rows); diff != "" {
			t.Errorf("rows, pieces of %d:\n%s", limit, diff)
		}
	}
}
