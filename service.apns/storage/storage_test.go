package storage_test

import (
	"testing"

	"farthing/pkg/store"
	"farthing/pkg/store/cassandra/cassandratest"
	"farthing/pkg/store/storetest"
	"farthing/service.apns/storage"
	"farthing/service.apns/storage/storagetest"
)

func TestOnPebble(t *testing.T) {
	storagetest.Run(t, storetest.Keyspace(t, storage.Schema()))
}

func TestOnCassandra(t *testing.T) {
	schema := storage.Schema()
	s := cassandratest.Open(t)
	if err := s.Migrate(t.Context(), schema); err != nil {
		t.Fatalf("migrating: %v", err)
	}
	storagetest.Run(t, store.NewKeyspace(schema.Keyspace, s.Open(schema.Keyspace)))
}
