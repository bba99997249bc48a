package storetest_test

import (
	"testing"

	"farthing/pkg/store"
	"farthing/pkg/store/storetest"
)

type counter struct {
	Name    string `store:"1,partition"`
	ID      int64  `store:"2,clustering"`
	Version int64  `store:"3,static"`
	Note    string `store:"4"`
}

func TestAKeyspaceInMemoryWorks(t *testing.T) {
	table := store.ConditionalTable[counter]("counters")
	k := storetest.Keyspace(t, store.Schema{Keyspace: "counting", Tables: []store.Table{table}})
	counters := table.On(k)
	row := counter{Version: 1, ID: 7, Note: "first"}
	answer, err := counters.Batch("a").IfNull("version").SetStatics(row).InsertNew(row).Apply(t.Context())
	if err != nil || !answer.OK {
		t.Fatalf("opening: %+v, %v", answer, err)
	}
	got, err := counters.In("a").Get(t.Context(), store.Latest, int64(7))
	if err != nil || got.Note != "first" {
		t.Fatalf("reading: %+v, %v", got, err)
	}
}
