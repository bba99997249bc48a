package cassandra_test

import (
	"testing"

	"farthing/pkg/store"
	"farthing/pkg/store/cassandra/cassandratest"
	"farthing/pkg/store/storetest"
)

func TestTheContract(t *testing.T) {
	prefix := cassandratest.Prefix(t)
	storetest.Run(t, func(t *testing.T) store.Store { return cassandratest.OpenAs(t, prefix) })
}
