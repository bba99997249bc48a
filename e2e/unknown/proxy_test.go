package unknown

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"
)

// proxy stands between a bank and its Cassandra, and can cut a connection right after it has passed a write on: then
// nobody but the node knows what became of it. The driver takes the proxy for the node itself: it asks for the node's
// address, which is loopback as well, and keeps to the port that it was told.
type proxy struct {
	Address  string
	listener net.Listener
	node     string
	passing  sync.WaitGroup

	mu    sync.Mutex // Guards the rest.
	cuts  int        // How many more writes lose their connection.
	made  int        // How many have.
	conns []net.Conn
}

func startProxy(t *testing.T, node string) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{Address: listener.Addr().String(), listener: listener, node: node}
	p.passing.Go(p.serve)
	t.Cleanup(func() {
		_ = listener.Close()
		p.closeAll()
		p.passing.Wait()
	})
	return p
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
		p.passing.Go(func() { p.requests(client, node) })
		p.passing.Go(func() {
			_, _ = io.Copy(client, node)
			_ = client.Close()
			_ = node.Close()
		})
	}
}

// requests passes frames on: a header of nine bytes, the opcode its fifth, the body's length its last four.
func (p *proxy) requests(client, node net.Conn) {
	defer client.Close()
	const opcodeBatch = 0x0D
	header := make([]byte, 9)
	for {
		if _, err := io.ReadFull(client, header); err != nil {
			_ = node.Close()
			return
		}
		if _, err := node.Write(header); err != nil {
			return
		}
		if _, err := io.CopyN(node, client, int64(binary.BigEndian.Uint32(header[5:]))); err != nil {
			_ = node.Close()
			return
		}
		if header[4] == opcodeBatch && p.isCut() {
			return // The node's end stays open until it has answered into the void.
		}
	}
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

func (p *proxy) closeAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.conns {
		_ = conn.Close()
	}
}
