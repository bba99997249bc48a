package cassandra_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"farthing/pkg/errs"
)

func TestAWalkInPiecesSeesEachRowOnce(t *testing.T) {
	k := openBank(t)
	table, want := accounts.On(k), []string{}
	for a := range 5 {
		batch := table.Batch(fmt.Sprint("acc_", a)).IfNull("version").SetStatics(accountRow{Version: 1})
		for n := range a { // The first account has statics and no rows.
			batch.InsertNew(accountRow{ID: fmt.Sprint(n)})
			want = append(want, fmt.Sprint("acc_", a, " ", n))
		}
		if answer, err := batch.Apply(t.Context()); err != nil || !answer.OK {
			t.Fatalf("writing: %+v, %v", answer, err)
		}
	}
	for _, limit := range []int{1, 3, 100} {
		var got []string
		for after, more := "", true; more; more = after != "" {
			rows, next, err := table.Walk(t.Context(), after, limit)
			if err != nil || len(rows) > limit {
				t.Fatalf("%d rows, %v", len(rows), err)
			}
			for _, row := range rows {
				got = append(got, row.Account+" "+row.ID)
			}
			after = next
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("in pieces of %d:\n%s", limit, diff)
		}
	}
}

func TestAWalkOverPartitionsSeesThoseWithStatics(t *testing.T) {
	k := openBank(t)
	table := accounts.On(k)
	for a := range 4 {
		batch := table.Batch(fmt.Sprint("acc_", a)).IfNull("version").InsertNew(accountRow{ID: "x"})
		if a > 0 {
			batch.SetStatics(accountRow{Version: int64(a)}, "version")
		}
		if answer, err := batch.Apply(t.Context()); err != nil || !answer.OK {
			t.Fatalf("writing: %+v, %v", answer, err)
		}
	}
	for _, limit := range []int{1, 2, 100} {
		got := map[string]int64{}
		for after, more := "", true; more; more = after != "" {
			rows, next, err := table.WalkPartitions(t.Context(), after, limit)
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range rows {
				got[row.Account] = row.Version
			}
			after = next
		}
		if diff := cmp.Diff(map[string]int64{"acc_1": 1, "acc_2": 2, "acc_3": 3}, got); diff != "" {
			t.Errorf("in pieces of %d:\n%s", limit, diff)
		}
	}
}

func TestAForeignPlaceIsRefused(t *testing.T) {
	k := openBank(t)
	for _, place := range []string{"?", "e30", "bnVsbA"} {
		if _, _, err := items.On(k).Walk(t.Context(), place, 10); !errs.Is(err, "bad_request.bad_param.after") {
			t.Errorf("%q: %v", place, err)
		}
	}
}
