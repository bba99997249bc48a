package storage_test

import (
	"bytes"
	"fmt"
	"testing"

	"farthing/pkg/seal"
	"farthing/pkg/store"
	"farthing/pkg/store/cassandra/cassandratest"
	"farthing/pkg/store/storetest"
	"farthing/service.signup/storage"
	"farthing/service.signup/storage/storagetest"
)

func TestOnPebble(t *testing.T) {
	storagetest.Run(t, storetest.Keyspace(t, storage.Schema()))
}

func TestOnCassandra(t *testing.T) {
	storagetest.Run(t, cassandratest.Keyspace(t, storage.Schema()))
}

func TestNoStoredValueHoldsPersonalData(t *testing.T) {
	engine := storetest.Memory(t, storage.Schema()).Open("signup")
	kept := storage.New(store.NewKeyspace("signup", engine), seal.Ephemeral("persons"))
	a := storagetest.Ada("canary")
	storagetest.Live(t, kept, a)
	var all bytes.Buffer
	for _, table := range storage.Schema().Tables {
		for _, walk := range []func() ([]store.Row, string, error){
			func() ([]store.Row, string, error) { return engine.Walk(t.Context(), table.Spec(), "", store.MaxRows) },
			func() ([]store.Row, string, error) {
				return engine.WalkPartitions(t.Context(), table.Spec(), "", store.MaxRows)
			},
		} {
			rows, _, err := walk()
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range rows {
				fmt.Fprintf(&all, "%s %+q\n", row, row)
			}
		}
	}
	for _, secret := range []string{"Ada", "Lovelace", "ada@", "1990", "James", "London", "Quist", "passport"} {
		if bytes.Contains(all.Bytes(), []byte(secret)) {
			t.Errorf("%q is stored in clear", secret)
		}
	}
	if !bytes.Contains(all.Bytes(), []byte(a.GetId())) {
		t.Error("no row was seen: the test looks in the wrong place")
	}
}
