package outside

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// newLocal is a client that may call this machine, which "example.com" is, too, as far as it knows.
func newLocal(t *testing.T, roots *x509.CertPool, at net.Addr) *Client {
	t.Helper()
	c := New(Options{
		Rules: Rules{AllowLoopback: true}, RootCAs: roots, Resolve: resolve,
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			if at != nil {
				address = at.String()
			}
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
	})
	t.Cleanup(c.Close)
	return c
}

func TestAnAnswerIsWhatItsStatusSays(t *testing.T) {
	var got http.Header
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		got = req.Header.Clone()
		var status int
		if _, err := fmt.Sscanf(req.URL.Path, "/%d", &status); err != nil {
			t.Error(err)
		}
		w.Header().Set("Retry-After", req.URL.Query().Get("after"))
		w.WriteHeader(status)
	}))
	defer server.Close()
	client := newLocal(t, nil, nil)
	for _, c := range []struct {
		path string
		want Answer
	}{
		{"/200", Answer{Status: 200}}, {"/201", Answer{Status: 201}}, {"/204", Answer{Status: 204}},
		{"/400", Answer{Status: 400, Problem: Refused}}, {"/404", Answer{Status: 404, Problem: Refused}},
		{"/410", Answer{Status: 410, Problem: Refused}}, {"/500", Answer{Status: 500, Problem: Refused}},
		{"/304", Answer{Status: 304, Problem: Redirected}},
		{"/429?after=120", Answer{Status: 429, Problem: Refused, RetryAfter: 2 * time.Minute}},
		{"/503?after=99999999999", Answer{Status: 503, Problem: Refused, RetryAfter: time.Hour}},
		{"/503?after=-1", Answer{Status: 503, Problem: Refused}}, {"/503?after=soon", Answer{Status: 503, Problem: Refused}},
		{"/500?after=120", Answer{Status: 500, Problem: Refused}},
	} {
		answer, err := client.Post(t.Context(), server.URL+c.path, http.Header{"Webhook-Id": {"msg_1"}}, []byte("{}"))
		if answer.Took = 0; err != nil || answer != c.want {
			t.Errorf("%s: %v, %+v", c.path, err, answer)
		}
	}
	if got.Get("Content-Type") != "application/json" || got.Get("Webhook-Id") != "msg_1" ||
		got.Get("Accept-Encoding") != "" {
		t.Errorf("the headers are %v", got)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	var reached atomic.Int64
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer inside.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, to := range []string{inside.URL, "https://example.com/", "/elsewhere", "http://169.254.169.254/"} {
			var asked atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				asked.Add(1)
				http.Redirect(w, req, to, status)
			}))
			answer, err := newLocal(t, nil, nil).Post(t.Context(), server.URL, http.Header{}, []byte("{}"))
			server.Close()
			if err != nil || answer.Problem != Redirected || answer.Status != status || asked.Load() != 1 {
				t.Errorf("%d to %s: %v, %+v, asked %d times", status, to, err, answer, asked.Load())
			}
		}
	}
	if reached.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

func TestNoProxyIsAsked(t *testing.T) {
	var reached atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer proxy.Close()
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	network := &counted{}
	client := New(Options{Dial: network.dial, Resolve: resolve})
	defer client.Close()
	answer, err := client.Post(t.Context(), "https://example.com/", http.Header{}, nil)
	if err != nil || answer.Problem != Unreachable || reached.Load() != 0 {
		t.Errorf("%v, %+v, the proxy was asked %d times", err, answer, reached.Load())
	}
}

func TestACertificateMustBeThatOfTheHost(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate()) // Of example.com and 127.0.0.1.
	for address, want := range map[string]Problem{
		"https://example.com/": None, "https://loopback.example.com/": BadAddress, "https://93.184.215.14/": BadTLS,
	} {
		answer, err := newLocal(t, roots, server.Listener.Addr()).Post(t.Context(), address, http.Header{}, nil)
		if err != nil || answer.Problem != want {
			t.Errorf("%s: %v, %+v", address, err, answer)
		}
	}
	answer, err := newLocal(t, x509.NewCertPool(), server.Listener.Addr()).
		Post(t.Context(), "https://example.com/", http.Header{}, nil)
	if err != nil || answer.Problem != BadTLS {
		t.Errorf("from an unknown authority: %v, %+v", err, answer)
	}
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer plain.Close()
	answer, err = newLocal(t, roots, plain.Listener.Addr()).Post(t.Context(), "https://example.com/", http.Header{}, nil)
	if err != nil || answer.Problem != Broken {
		t.Errorf("without TLS: %v, %+v", err, answer)
	}
}

// wire is a server that says what it is told to, whatever it is asked.
func wire(t *testing.T, say func(net.Conn)) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer conn.Close()
				_, _ = conn.Read(make([]byte, 4096))
				say(conn)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		serving.Wait()
	})
	return "http://" + listener.Addr().String() + "/"
}

func TestWhatIsNoHTTPOrTooMuchOfItIsBroken(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":        "",
		"no HTTP":        "SSH-2.0-OpenSSH_9.6\r\n",
		"huge headers":   "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n",
		"hints for ever": strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 10_000),
	} {
		address := wire(t, func(conn net.Conn) { _, _ = conn.Write([]byte(text)) })
		if answer, err := newLocal(t, nil, nil).Post(t.Context(), address, http.Header{}, nil); err != nil ||
			answer.Problem != Broken {
			t.Errorf("%s: %v, %+v", name, err, answer)
		}
	}
}

func TestAnEndlessBodyIsNotReadToItsEnd(t *testing.T) {
	var sent atomic.Int64
	address := wire(t, func(conn net.Conn) {
		_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"))
		for {
			n, err := conn.Write(make([]byte, 64<<10))
			sent.Add(int64(n))
			if err != nil {
				return
			}
		}
	})
	answer, err := newLocal(t, nil, nil).Post(t.Context(), address, http.Header{}, nil)
	if err != nil || answer.Problem != None || answer.Status != 200 {
		t.Errorf("%v, %+v", err, answer)
	}
	if n := sent.Load(); n > 64<<20 {
		t.Errorf("%d bytes of it were taken", n)
	}
}

func TestNobodyThereIsUnreachable(t *testing.T) {
	address := wire(t, func(net.Conn) {})
	client := New(Options{Rules: Rules{AllowLoopback: true}, Resolve: resolve, Dial: func(
		context.Context, string, string,
	) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: context.Canceled}
	}})
	defer client.Close()
	if answer, err := client.Post(t.Context(), address, http.Header{}, nil); err != nil || answer.Problem != Unreachable {
		t.Errorf("%v, %+v", err, answer)
	}
}

// Of several addresses the first one that takes the connection is called, and not more than a few are tried.
func TestTheNextAddressIsTriedWhenOneIsUnreachable(t *testing.T) {
	var dialled []string
	client := New(Options{
		Resolve: func(context.Context, string) ([]netip.Addr, error) {
			var all []netip.Addr
			for n := range byte(20) {
				all = append(all, netip.AddrFrom4([4]byte{93, 184, 215, n}))
			}
			return all, nil
		},
		Dial: func(_ context.Context, _, address string) (net.Conn, error) {
			dialled = append(dialled, address)
			return nil, net.ErrClosed
		},
	})
	defer client.Close()
	answer, err := client.Post(t.Context(), "https://example.com:8443/", http.Header{}, nil)
	if err != nil || answer.Problem != Unreachable || len(dialled) != addressesMax || dialled[1] != "93.184.215.1:8443" {
		t.Errorf("%v, %+v, dialled %v", err, answer, dialled)
	}
}
