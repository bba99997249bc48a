package storetest

import (
	"io"
	"log/slog"
	"testing"

	"farthing/pkg/store"
	pebblestore "farthing/pkg/store/pebble"
)

// Memory is an embedded store on a memory file system with these schemas, closed when the test ends.
func Memory(t testing.TB, schemas ...store.Schema) store.Store {
	t.Helper()
	s, err := pebblestore.OpenInMemory(pebblestore.Options{Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatalf("opening a store in memory: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	})
	for _, schema := range schemas {
		if err := s.Migrate(t.Context(), schema); err != nil {
			t.Fatalf("migrating %s: %v", schema.Keyspace, err)
		}
	}
	return s
}

// Keyspace is a service's keyspace on a store of its own, in memory.
func Keyspace(t testing.TB, schema store.Schema) *store.Keyspace {
	t.Helper()
	return store.NewKeyspace(schema.Keyspace, Memory(t, schema).Open(schema.Keyspace))
}
