// Package cassandratest gives tests a real Cassandra.
package cassandratest

import (
	"crypto/rand"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gocql/gocql"

	"farthing/pkg/store"
	"farthing/pkg/store/cassandra"
)

// Variable names the environment variable that tells where a node listens, as host:port.
const Variable = "FARTHING_TEST_CASSANDRA"

// Open is a store whose keyspaces are this test's own: their names have a prefix that no other test has. They are
// dropped and the store is closed when the test ends. Without a Cassandra the test fails.
func Open(t testing.TB) *cassandra.Store {
	t.Helper()
	return OpenAs(t, Prefix(t))
}

// Keyspace is a service's keyspace on a store of its own, as Open: what storetest.Keyspace is in memory.
func Keyspace(t testing.TB, schema store.Schema) *store.Keyspace {
	t.Helper()
	s := Open(t)
	if err := s.Migrate(t.Context(), schema); err != nil {
		t.Fatalf("migrating %s: %v", schema.Keyspace, err)
	}
	return store.NewKeyspace(schema.Keyspace, s.Open(schema.Keyspace))
}

// Prefix is a fresh prefix for keyspaces, which are dropped when the test ends.
func Prefix(t testing.TB) string {
	t.Helper()
	address := address(t)
	prefix := "t" + strings.ToLower(rand.Text()[:8]) + "_"
	t.Cleanup(func() { drop(t, address, prefix) })
	return prefix
}

// OpenAs is a store on the keyspaces with a prefix: another process, as it were, beside Open's. It is closed when the
// test ends.
func OpenAs(t testing.TB, prefix string) *cassandra.Store {
	t.Helper()
	s, err := cassandra.New(cassandra.Config{Hosts: []string{address(t)}, Prefix: prefix})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	})
	return s
}

func address(t testing.TB) string {
	t.Helper()
	address := os.Getenv(Variable)
	if address == "" {
		t.Fatalf("this test needs a Cassandra: run it with deploy/cassandra/node.sh, or set %s to host:port", Variable)
	}
	return address
}

// drop removes the test's keyspaces: some hundreds of them would fill a small node's memory.
func drop(t testing.TB, address, prefix string) {
	t.Helper()
	cluster := gocql.NewCluster(address)
	cluster.ProtoVersion = 4
	cluster.Timeout = time.Minute
	cluster.DisableInitialHostLookup = true // The address carries the port.
	session, err := cluster.CreateSession()
	if err != nil {
		t.Errorf("dropping the test's keyspaces: %v", err)
		return
	}
	defer session.Close()
	names := session.Query("SELECT keyspace_name FROM system_schema.keyspaces").Iter().Scanner()
	for names.Next() {
		var name string
		if err := names.Scan(&name); err != nil {
			t.Errorf("dropping the test's keyspaces: %v", err)
		}
		if !strings.HasPrefix(name, prefix) {
			continue
		}
		if err := session.Query(`DROP KEYSPACE IF EXISTS "` + name + `"`).Exec(); err != nil {
			t.Errorf("dropping keyspace %s: %v", name, err)
		}
	}
	if err := names.Err(); err != nil {
		t.Errorf("dropping the test's keyspaces: %v", err)
	}
}
