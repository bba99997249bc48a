// Package schema proves that every service's tables can be made on Cassandra, whichever engine the rest is tested on.
package schema_test

import (
	"testing"

	"farthing/cmd/farthing/bank"
	"farthing/pkg/foundation"
	"farthing/pkg/store/cassandra/cassandratest"
)

func TestEverySchemaIsMadeOnCassandraAndMakingItAgainChangesNothing(t *testing.T) {
	kept := cassandratest.Open(t)
	for range 2 {
		if err := foundation.Migrate(t.Context(), kept, bank.Services()); err != nil {
			t.Fatalf("migrating: %v", err)
		}
	}
	made := 0
	for _, service := range bank.Services() {
		if service.Schema.Keyspace == "" {
			continue
		}
		made++
		if err := kept.Check(t.Context(), service.Schema); err != nil {
			t.Errorf("%s: %v", service.Name, err)
		}
	}
	if made == 0 {
		t.Error("no service has a keyspace")
	}
}
