package apple

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/http2"
)

const (
	dialTimeout = 10 * time.Second
	pingAfter   = 15 * time.Second // A connection that says nothing for so long is asked whether it lives,
	pingTimeout = 5 * time.Second  // and is given so long to answer. A stuck write is found out by this too.
)

// Dial opens a connection to the outside: the environment's egress dialer.
type Dial func(ctx context.Context, network, addr string) (net.Conn, error)

// newHTTPClient speaks HTTP/2 only, on one connection kept open and pinged, as Apple asks: it takes many connections
// for an attack. Apple allows a new connection one stream until it has seen a good token; strict counting waits for
// that instead of opening a connection for every waiting push.
func newHTTPClient(dial Dial, roots *x509.CertPool) *http.Client {
	return &http.Client{
		Transport: &http2.Transport{
			TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			DialTLSContext: func(ctx context.Context, network, addr string, config *tls.Config) (net.Conn, error) {
				conn, err := dialTLS(ctx, dial, network, addr, config)
				if err != nil {
					return nil, &unreachable{err}
				}
				return conn, nil
			},
			DisableCompression:         true,
			StrictMaxConcurrentStreams: true,
			ReadIdleTimeout:            pingAfter,
			PingTimeout:                pingTimeout,
		},
		// A redirect would carry the device token and the payload to somebody else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// unreachable marks a connection that never came about: surely nothing was sent.
type unreachable struct{ cause error }

func (u *unreachable) Error() string { return "connecting: " + u.cause.Error() }
func (u *unreachable) Unwrap() error { return u.cause }

var errNotHTTP2 = errors.New("the server does not speak HTTP/2")

func dialTLS(ctx context.Context, dial Dial, network, addr string, config *tls.Config) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	raw, err := dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	conn := tls.Client(raw, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = raw.Close()
		return nil, err
	}
	if conn.ConnectionState().NegotiatedProtocol != http2.NextProtoTLS {
		_ = conn.Close()
		return nil, errNotHTTP2
	}
	return conn, nil
}
