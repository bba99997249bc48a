package cassandra_test

import (
	"encoding/binary"
	"io"
	"net"
	"os"
	"sync"
	"testing"

	"farthing/pkg/store/cassandra"
	"farthing/pkg/store/cassandra/cassandratest"
)

// proxy stands between a store and its node, and can keep the node's answers back. It tells each batch that it passed
// on, so that a test knows that a request has left.
type proxy struct {
	listener net.Listener
	node     string
	batches  chan struct{}

	mu    sync.Mutex
	held  bool
	freed *sync.Cond
	conns []net.Conn
	group sync.WaitGroup
}

// openThroughProxy is a store behind a proxy, with the keyspaces of a prefix.
func openThroughProxy(t *testing.T, prefix string) (*cassandra.Store, *proxy) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, node: os.Getenv(cassandratest.Variable), batches: make(chan struct{}, 100)}
	p.freed = sync.NewCond(&p.mu)
	p.group.Go(p.serve)
	s, err := cassandra.New(cassandra.Config{Hosts: []string{listener.Addr().String()}, Prefix: prefix})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.hold(false)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		_ = listener.Close()
		p.cut()
		p.group.Wait()
	})
	return s, p
}

func (p *proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		node, err := net.Dial("tcp", p.node)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, client, node)
		p.mu.Unlock()
		p.group.Go(func() { p.requests(client, node) })
		p.group.Go(func() { p.answers(node, client) })
	}
}

// requests passes frames on: a header of nine bytes, the opcode its fifth, the body's length its last four.
func (p *proxy) requests(client, node net.Conn) {
	defer node.Close()
	const opcodeBatch = 0x0D
	header := make([]byte, 9)
	for {
		if _, err := io.ReadFull(client, header); err != nil {
			return
		}
		if _, err := node.Write(header); err != nil {
			return
		}
		if _, err := io.CopyN(node, client, int64(binary.BigEndian.Uint32(header[5:]))); err != nil {
			return
		}
		if header[4] == opcodeBatch {
			p.batches <- struct{}{}
		}
	}
}

func (p *proxy) answers(node, client net.Conn) {
	defer client.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := node.Read(buffer)
		if err != nil {
			return
		}
		p.mu.Lock()
		for p.held {
			p.freed.Wait()
		}
		p.mu.Unlock()
		if _, err := client.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// hold keeps answers back, or lets them go.
func (p *proxy) hold(held bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = held
	p.freed.Broadcast()
}

// cut closes all connections. What comes later is let through.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.conns {
		_ = conn.Close()
	}
	p.conns, p.held = nil, false
	p.freed.Broadcast()
}
