package fakeapple_test

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"farthing/pkg/clock"
	"farthing/service.apns/fakeapple"
)

// pipes is a network in memory: a listener whose connections are net.Pipe.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	close  sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.close.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes", Net: "pipe"} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// The simulated world starts in the year 2000: a certificate made in real time would not be valid yet.
func TestTheFakeWorksInASimulatedWorld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key, p8, err := fakeapple.NewKey(teamID, keyID, topic)
		if err != nil {
			t.Fatal(err)
		}
		business := &handClock{now: clock.Real{}.Now()}
		server, err := fakeapple.New(fakeapple.Options{
			Keys: []fakeapple.Key{key}, Clock: clock.Real{}, Names: []string{"push.test"},
		})
		if err != nil {
			t.Fatal(err)
		}
		network := newPipes()
		serve(t, server, network)
		w := &world{Server: server, clock: business, p8: p8, url: "https://push.test"}
		w.client = newClient(t, server.CA(), network.dial)

		bearer := w.bearer(t)
		w.push(t, bearer, http.StatusOK)
		time.Sleep(59 * time.Minute) // Simulated.
		w.push(t, bearer, http.StatusOK)
		w.inject(t, fakeapple.Fault{Reason: fakeapple.Hang, Times: 1})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if rsp, err := w.client.Do(w.request(t, bearer).WithContext(ctx)); err == nil {
			_ = rsp.Body.Close()
			t.Fatal("a hung push was answered")
		}
		time.Sleep(time.Second)
		if got := w.push(t, bearer, http.StatusForbidden); got.Reason != fakeapple.ExpiredProviderToken {
			t.Fatalf("a simulated hour later: %s", got.Reason)
		}
		if got := server.Stats().Connections; got != 1 {
			t.Fatalf("%d connections, want 1", got)
		}
	})
}
