package storage_test

import (
	"fmt"
	"strings"
	"testing"

	"farthing/pkg/store"
	"farthing/pkg/store/cassandra/cassandratest"
	"farthing/pkg/store/storetest"
	"farthing/service.payment/storage"
	"farthing/service.payment/storage/storagetest"
)

func TestOnPebble(t *testing.T) {
	storagetest.Run(t, storetest.Keyspace(t, storage.Schema()))
}

func TestOnCassandra(t *testing.T) {
	storagetest.Run(t, cassandratest.Keyspace(t, storage.Schema()))
}

func TestNoNameIsStoredInClear(t *testing.T) {
	schema := storage.Schema()
	engine := storetest.Memory(t, schema).Open(schema.Keyspace)
	storagetest.Run(t, store.NewKeyspace(schema.Keyspace, engine))
	var all strings.Builder
	for _, table := range schema.Tables {
		rows, _, err := engine.Walk(t.Context(), table.Spec(), "", store.MaxRows)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "%s %+q\n", rows, rows)
	}
	for _, secret := range []string{"Hopper", "12345678", "040004", "RENT"} {
		if strings.Contains(all.String(), secret) {
			t.Errorf("%q is stored in clear", secret)
		}
	}
	if !strings.Contains(all.String(), "user_") {
		t.Error("no row was seen: the test looks in the wrong place")
	}
}
