package storage_test

import (
	"testing"

	"farthing/pkg/store/cassandra/cassandratest"
	"farthing/pkg/store/storetest"
	"farthing/service.attachment/storage"
	"farthing/service.attachment/storage/storagetest"
)

func TestOnPebble(t *testing.T) {
	storagetest.Run(t, storetest.Keyspace(t, storage.Schema()))
}

func TestOnCassandra(t *testing.T) {
	storagetest.Run(t, cassandratest.Keyspace(t, storage.Schema()))
}
