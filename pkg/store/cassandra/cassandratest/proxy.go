package cassandratest

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"
)

// Proxy stands between a store and its node, to lose or keep back what the node answers: then nobody but the node knows
// what became of a write. The driver takes the proxy for the node itself: it asks for the node's address, which is
// loopback as well, and keeps to the port that it was told.
type Proxy struct {
	Address  string // host:port.
	listener net.Listener
	node     string
	passed   func() (cut bool)
	passing  sync.WaitGroup

	mu    sync.Mutex // Guards the rest.
	held  bool
	freed *sync.Cond
	conns []net.Conn
}

// StartProxy is a proxy to a node until the test ends. It asks passed after each batch that it has passed on whether to
// cut the connection that the batch came by.
func StartProxy(t testing.TB, node string, passed func() (cut bool)) *Proxy {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{Address: listener.Addr().String(), listener: listener, node: node, passed: passed}
	p.freed = sync.NewCond(&p.mu)
	p.passing.Go(p.serve)
	t.Cleanup(func() {
		_ = listener.Close()
		p.Cut()
		p.passing.Wait()
	})
	return p
}

func (p *Proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		node, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", p.node)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, client, node)
		p.mu.Unlock()
		p.passing.Go(func() { p.requests(client, node) })
		p.passing.Go(func() { p.answers(node, client) })
	}
}

// requests passes frames on until a connection ends or is cut. Of one that is cut the node's end stays open until it
// has answered into the void.
func (p *Proxy) requests(client, node net.Conn) {
	defer func() { _ = client.Close() }()
	for {
		batch, err := passFrame(client, node)
		if err != nil {
			_ = node.Close()
			return
		}
		if batch && p.passed() {
			return
		}
	}
}

// passFrame passes one frame on, and tells whether it was a batch: a header of nine bytes, the opcode its fifth, the
// body's length its last four.
func passFrame(client, node net.Conn) (batch bool, err error) {
	const opcodeBatch = 0x0D
	header := make([]byte, 9)
	if _, err := io.ReadFull(client, header); err != nil {
		return false, err
	}
	if _, err := node.Write(header); err != nil {
		return false, err
	}
	_, err = io.CopyN(node, client, int64(binary.BigEndian.Uint32(header[5:])))
	return header[4] == opcodeBatch, err
}

func (p *Proxy) answers(node, client net.Conn) {
	defer func() { _, _ = client.Close(), node.Close() }()
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

// Hold keeps answers back, or lets them go.
func (p *Proxy) Hold(held bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = held
	p.freed.Broadcast()
}

// Cut closes all connections. What comes later is let through.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.conns {
		_ = conn.Close()
	}
	p.conns, p.held = nil, false
	p.freed.Broadcast()
}
