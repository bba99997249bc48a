package unknown

import (
	"sync"
	"testing"

	"farthing/pkg/store/cassandra/cassandratest"
)

// proxy stands between a bank and its Cassandra, and can cut a connection right after it has passed a write on.
type proxy struct {
	*cassandratest.Proxy

	mu   sync.Mutex // Guards the rest.
	cuts int        // How many more writes lose their connection.
	made int        // How many have.
}

func startProxy(t *testing.T, node string) *proxy {
	t.Helper()
	p := &proxy{}
	p.Proxy = cassandratest.StartProxy(t, node, p.isCut)
	return p
}

func (p *proxy) isCut() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cuts == 0 {
		return false
	}
	p.cuts, p.made = p.cuts-1, p.made+1
	return true
}

// cut has the next so many writes lose their connections.
func (p *proxy) cut(writes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cuts += writes
}

// done is how many writes have lost their connections.
func (p *proxy) done() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.made
}
