package storetest

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"farthing/pkg/store"
)

func insertedOrFound(t *testing.T, k *suite) {
	a := opened(t, k)
	table := accounts.On(k.Keyspace)
	other := entry(a)
	other.Amount, other.EntryID = 99, "other"
	there, isNew, err := table.InsertOrFind(t.Context(), other)
	must(t, err)
	if diff := cmp.Diff(other, there); diff != "" || !isNew {
		t.Errorf("inserted: new is %v\n%s", isNew, diff)
	}
	another := other
	another.Amount = 100
	there, isNew, err = table.InsertOrFind(t.Context(), another)
	must(t, err)
	if diff := cmp.Diff(other, there); diff != "" || isNew {
		t.Errorf("found: new is %v\n%s", isNew, diff)
	}
	holds(t, k, a, entry(a), other)
}

func oneInsertWins(t *testing.T, k *suite) {
	id := freshName()
	row := account{ID: id, Kind: 0, EntryID: "one"}
	var group sync.WaitGroup
	var mu sync.Mutex
	var won []int64
	for writer := range int64(8) {
		group.Go(func() {
			mine := row
			mine.Amount = writer
			answer, err := accounts.On(k.Keyspace).Batch(id, int64(0)).InsertNew(mine).Apply(t.Context())
			mu.Lock()
			defer mu.Unlock()
			if err == nil && answer.OK {
				won = append(won, writer)
			}
		})
	}
	group.Wait()
	got, err := accounts.On(k.Keyspace).In(id, int64(0)).Get(t.Context(), store.Latest, int64(0), int64(0), "one")
	must(t, err)
	if len(won) > 1 || len(won) == 1 && won[0] != got.Amount {
		t.Errorf("told to have won: %v; there: %d", won, got.Amount)
	}
}
