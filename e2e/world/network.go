package world

import (
	"context"
	"fmt"
	"net"
	"sync"
)

// network is every door of the bank and the world around it, in memory: connections are net.Pipe, so that a bubble of
// testing/synctest sees who waits for whom.
type network struct {
	mu     sync.Mutex // Guards places.
	places map[string]*place
}

func newNetwork() *network { return &network{places: make(map[string]*place)} }

// listen opens a place. Opening it again is for a bank that comes back: the old one must be closed.
func (n *network) listen(name string) *place {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := &place{name: name, conns: make(chan net.Conn), closed: make(chan struct{})}
	n.places[name] = p
	return p
}

// dial connects to a place by its name; a port is ignored.
func (n *network) dial(ctx context.Context, _, address string) (net.Conn, error) {
	name, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	p := n.places[name]
	n.mu.Unlock()
	if p == nil {
		return nil, fmt.Errorf("nobody listens at %s", name)
	}
	return p.dial(ctx)
}

// place is a listener in memory.
type place struct {
	name   string
	conns  chan net.Conn
	closed chan struct{}
	close  sync.Once
}

// Accept is the next connection.
func (p *place) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close ends listening.
func (p *place) Close() error {
	p.close.Do(func() { close(p.closed) })
	return nil
}

// Addr is the place's name.
func (p *place) Addr() net.Addr { return &net.UnixAddr{Name: p.name, Net: "pipe"} }

func (p *place) dial(ctx context.Context) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
