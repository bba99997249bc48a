package cassandra_test

import (
	"os"
	"testing"

	"farthing/pkg/store/cassandra"
	"farthing/pkg/store/cassandra/cassandratest"
)

// proxy tells each batch that it passed on, so that a test knows that a request has left.
type proxy struct {
	*cassandratest.Proxy
	batches chan struct{}
}

// openThroughProxy is a store behind a proxy, with the keyspaces of a prefix.
func openThroughProxy(t *testing.T, prefix string) (*cassandra.Store, *proxy) {
	t.Helper()
	p := &proxy{batches: make(chan struct{}, 100)}
	p.Proxy = cassandratest.StartProxy(t, os.Getenv(cassandratest.Variable), func() bool {
		p.batches <- struct{}{}
		return false
	})
	s, err := cassandra.New(cassandra.Config{Hosts: []string{p.Address}, Prefix: prefix})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Hold(false)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, p
}
