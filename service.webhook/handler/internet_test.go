package handler

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"

	"farthing/pkg/clock"
	"farthing/service.webhook/standard"
)

// internet is what can be called, by pipes: a bubble sees who waits for whom.
type internet struct {
	t *testing.T

	mu     sync.Mutex // Guards places.
	places map[string]*place
}

func newInternet(t *testing.T) *internet { return &internet{t: t, places: make(map[string]*place)} }

func (n *internet) dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	to := n.places[address]
	n.mu.Unlock()
	if to == nil {
		return nil, errors.New("nobody listens")
	}
	ours, theirs := net.Pipe()
	select {
	case to.conns <- theirs:
		return ours, nil
	case <-to.closed:
	case <-ctx.Done():
	}
	return nil, errors.New("nobody listens")
}

// place is somebody's URL, and what it was sent.
type place struct {
	conns  chan net.Conn
	closed chan struct{}

	mu     sync.Mutex // Guards the rest.
	answer func(*http.Request) int
	got    []sent
}

// sent is one call.
type sent struct {
	header http.Header
	body   string
	path   string
}

// serve opens a place at a port of this machine until the test ends, which answers 200, and its URL.
func (n *internet) serve(port int) (*place, string) {
	p := &place{
		conns: make(chan net.Conn), closed: make(chan struct{}), answer: func(*http.Request) int { return http.StatusOK },
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	n.mu.Lock()
	n.places[address] = p
	n.mu.Unlock()
	server := &http.Server{Handler: p, ErrorLog: log.New(io.Discard, "", 0)}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(p) })
	n.t.Cleanup(func() {
		_ = server.Close()
		serving.Wait()
	})
	return p, "http://" + address + "/hooks?token=s3cr3t"
}

func (p *place) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *place) Close() error {
	close(p.closed)
	return nil
}

func (p *place) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

func (p *place) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	p.mu.Lock()
	answer := p.answer
	p.got = append(p.got, sent{req.Header.Clone(), string(body), req.URL.RequestURI()})
	p.mu.Unlock()
	w.WriteHeader(answer(req))
}

// answers has it answer so from now on.
func (p *place) answers(by func(*http.Request) int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = by
}

// says has it answer a status from now on.
func (p *place) says(status int) { p.answers(func(*http.Request) int { return status }) }

// calls are those that it has got so far.
func (p *place) calls() []sent {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.got)
}

// wantSigned checks that a call is a message that was signed just now under a secret.
func wantSigned(t *testing.T, call sent, secret string) {
	t.Helper()
	key, err := standard.ParseSecret(secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := standard.Verify(call.header, []byte(call.body), clock.Real{}.Now(), key); err != nil {
		t.Error(err)
	}
}
