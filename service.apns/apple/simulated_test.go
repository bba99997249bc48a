package apple_test

import (
	"context"
	"crypto/x509"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"farthing/pkg/clock"
	"farthing/service.apns/apple"
	"farthing/service.apns/fakeapple"
)

// pipes is a network in memory: a listener whose connections are net.Pipe.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	close  sync.Once
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes", Net: "pipe"} }

func (p *pipes) Close() error {
	p.close.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func TestASimulatedDayOfPushesOnOneConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key, p8, err := fakeapple.NewKey("TEAM000001", "KEY0000001", topic)
		if err != nil {
			t.Fatal(err)
		}
		fake, err := fakeapple.New(fakeapple.Options{
			Keys: []fakeapple.Key{key}, Clock: clock.Real{}, Names: []string{"push.test"},
		})
		if err != nil {
			t.Fatal(err)
		}
		network := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
		serve(t, fake, network)
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(fake.CA())
		sender, err := apple.New(apple.Config{
			Host: "https://push.test", RootCAs: roots, Dial: network.dial,
			Key: p8, KeyID: key.ID, TeamID: key.TeamID, Topic: topic, Clock: clock.Real{},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer sender.Close()
		for range 96 {
			if got, err := sender.Send(t.Context(), push(1)); err != nil || got.Outcome != apple.Delivered {
				t.Fatalf("at %v: %v, %v", clock.Real{}.Now(), got.Outcome, err)
			}
			time.Sleep(15 * time.Minute) // Simulated.
		}
		if got := fake.Stats(); got.Connections != 1 || len(got.Refused) != 0 {
			t.Fatalf("stats are %+v", got)
		}
	})
}
