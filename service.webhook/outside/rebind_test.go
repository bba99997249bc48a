package outside

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// rebinder is a name server whose every answer for an A record is the next of a list, valid for no time at all: that of
// somebody who wants a check to see another address than the call.
type rebinder struct {
	conn net.PacketConn

	mu      sync.Mutex // Guards the rest.
	answers []netip.Addr
	asked   int
}

// newRebinder serves until the test ends, and answers a resolver that asks it.
func newRebinder(t *testing.T, answers ...string) (*rebinder, *net.Resolver) {
	t.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &rebinder{conn: conn}
	for _, each := range answers {
		r.answers = append(r.answers, netip.MustParseAddr(each))
	}
	var serving sync.WaitGroup
	serving.Go(r.serve)
	t.Cleanup(func() {
		_ = conn.Close()
		serving.Wait()
	})
	return r, &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func (r *rebinder) serve() {
	buffer := make([]byte, 1500)
	for {
		n, from, err := r.conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		var question dnsmessage.Message
		if question.Unpack(buffer[:n]) != nil || len(question.Questions) != 1 {
			continue
		}
		if answer, err := r.answer(question); err == nil {
			_, _ = r.conn.WriteTo(answer, from)
		}
	}
}

func (r *rebinder) answer(question dnsmessage.Message) ([]byte, error) {
	asked := question.Questions[0]
	answer := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: question.ID, Response: true, Authoritative: true},
		Questions: question.Questions,
	}
	if asked.Type == dnsmessage.TypeA {
		answer.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: asked.Name, Type: asked.Type, Class: asked.Class},
			Body:   &dnsmessage.AResource{A: r.next().As4()},
		}}
	}
	return answer.Pack()
}

func (r *rebinder) next() netip.Addr {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := r.answers[r.asked%len(r.answers)]
	r.asked++
	return next
}

func (r *rebinder) times() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked
}

func TestANameThatMeansThisMachineAMomentLaterReachesNothingHere(t *testing.T) {
	var reached atomic.Int64
	inside := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer inside.Close()
	const public = "93.184.215.14"
	for name, c := range map[string]struct {
		answers []string
		want    []Problem // Of one call after the other.
	}{
		"first good, then bad": {[]string{public, "127.0.0.1"}, []Problem{Unreachable, BadAddress, Unreachable, BadAddress}},
		"first bad, then good": {[]string{"127.0.0.1", public}, []Problem{BadAddress, Unreachable}},
		"always bad":           {[]string{"127.0.0.1"}, []Problem{BadAddress, BadAddress}},
		"metadata":             {[]string{public, "169.254.169.254"}, []Problem{Unreachable, BadAddress}},
	} {
		t.Run(name, func(t *testing.T) {
			server, resolver := newRebinder(t, c.answers...)
			var dialled []string
			client := New(Options{
				Resolve: func(ctx context.Context, host string) ([]netip.Addr, error) {
					return resolver.LookupNetIP(ctx, "ip", host+".")
				},
				Dial: func(_ context.Context, _, address string) (net.Conn, error) {
					dialled = append(dialled, address)
					return nil, net.ErrClosed
				},
			})
			defer client.Close()
			for n, want := range c.want {
				answer, err := client.Post(t.Context(), "https://rebind.example.com/", http.Header{}, []byte("{}"))
				if err != nil || answer.Problem != want {
					t.Errorf("call %d: %v, %+v, want %s", n+1, err, answer, want)
				}
			}
			for _, each := range dialled {
				if each != public+":443" {
					t.Errorf("%s was dialled", each)
				}
			}
			if asked := server.times(); asked != len(c.want) {
				t.Errorf("the name was resolved %d times for %d calls", asked, len(c.want))
			}
		})
	}
	if reached.Load() != 0 {
		t.Error("this machine was called")
	}
}

// On a connection that is kept, the name means what it meant when that was made.
func TestAKeptConnectionIsThatOfTheAddressThatWasChecked(t *testing.T) {
	server, resolver := newRebinder(t, "93.184.215.14", "127.0.0.1")
	var calls atomic.Int64
	far := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	defer far.Close()
	roots := x509.NewCertPool()
	roots.AddCert(far.Certificate())
	client := New(Options{
		RootCAs: roots,
		Resolve: func(ctx context.Context, host string) ([]netip.Addr, error) {
			return resolver.LookupNetIP(ctx, "ip", host+".")
		},
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			if !strings.HasPrefix(address, "93.184.215.14:") {
				t.Errorf("%s was dialled", address)
			}
			return (&net.Dialer{}).DialContext(ctx, network, far.Listener.Addr().String()) // The far end of the Internet.
		},
	})
	defer client.Close()
	for range 3 {
		if answer, err := client.Post(t.Context(), "https://example.com/", http.Header{}, []byte("{}")); err != nil ||
			answer.Problem != None {
			t.Errorf("%v, %+v", err, answer)
		}
	}
	if calls.Load() != 3 || server.times() != 1 {
		t.Errorf("%d calls, resolved %d times", calls.Load(), server.times())
	}
}
