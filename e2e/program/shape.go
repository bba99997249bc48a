package program

import (
	"os"
	"testing"

	"farthing/pkg/store/cassandra/cassandratest"
)

// Shape is a shape of the bank, and what `up` must be told to have it.
type Shape struct {
	Name string
	Args []string
}

// OneProcess is everything in one process, on embedded storage.
func OneProcess() Shape { return Shape{Name: "one process"} }

// ManyProcesses is one process for each service, a folder for each, and an event server in their supervisor.
func ManyProcesses() Shape { return Shape{Name: "many processes", Args: []string{"--processes"}} }

// Clustered is many processes on the tests' Cassandra, in keyspaces of this test's own.
func Clustered(t testing.TB, more ...string) Shape {
	t.Helper()
	prefix := cassandratest.Prefix(t) // Fails without a Cassandra.
	return ClusteredAt(os.Getenv(cassandratest.Variable), append([]string{"--prefix", prefix}, more...)...)
}

// ClusteredAt is many processes on a Cassandra of the caller's.
func ClusteredAt(address string, more ...string) Shape {
	return Shape{Name: "clustered", Args: append([]string{"--processes", "--cassandra", address}, more...)}
}
