package outside

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"farthing/pkg/clock"
)

// The bounds of a call.
const (
	callTimeout      = 10 * time.Second // All of it: resolving, connecting, sending, and being answered.
	handshakeTimeout = 5 * time.Second
	headerBytesMax   = 16 << 10 // Of the answer.
	bodyBytesMax     = 4 << 10  // Of the answer: nothing in it is kept, but a connection that was read to the end is.
	addressesMax     = 4        // Tried one after the other.
	idleTimeout      = 30 * time.Second
)

// Options are what a Client stands on.
type Options struct {
	Rules
	Dial    func(ctx context.Context, network, address string) (net.Conn, error)
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)
	RootCAs *x509.CertPool // The system's if nil.
}

// Client calls URLs. It is safe for concurrent use.
type Client struct {
	options Options
	http    *http.Client
}

// New is a client. Close it in the end.
func New(o Options) *Client {
	c := &Client{options: o}
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	c.http = &http.Client{
		Transport: &http.Transport{
			Proxy: nil, DialContext: c.dial, TLSClientConfig: &tls.Config{RootCAs: o.RootCAs, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout: handshakeTimeout, MaxResponseHeaderBytes: headerBytesMax, DisableCompression: true,
			MaxIdleConns: 64, MaxIdleConnsPerHost: 2, IdleConnTimeout: idleTimeout, Protocols: &protocols,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// Close closes the connections that nobody uses.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Answer is what became of a call. None of it is the stranger's own text.
type Answer struct {
	Problem    Problem       // None if it was answered 2xx.
	Status     int           // HTTP's; 0 if there was no answer.
	RetryAfter time.Duration // What an answer of 429 or 503 asks for; 0 for nothing.
	Took       time.Duration
}

// Post sends a body of JSON, and answers what became of it. It never fails but by the end of ctx, of which the outcome
// is not known.
func (c *Client) Post(ctx context.Context, address string, header http.Header, body []byte) (Answer, error) {
	watch := clock.Start()
	answer := c.post(ctx, address, header, body)
	answer.Took = watch.Elapsed()
	return answer, ctx.Err()
}

func (c *Client) post(ctx context.Context, address string, header http.Header, body []byte) Answer {
	target, broken := c.options.parse(address)
	if broken != "" {
		return Answer{Problem: BadURL}
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), bytes.NewReader(body))
	if err != nil {
		return Answer{Problem: BadURL}
	}
	req.Header = header.Clone()
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Farthing-Webhooks/1")
	rsp, err := c.http.Do(req)
	if err != nil {
		return Answer{Problem: problemOf(err)}
	}
	defer rsp.Body.Close()
	_, _ = io.CopyN(io.Discard, rsp.Body, bodyBytesMax) // Whatever it says, and however it ends.
	return answerOf(rsp)
}

func answerOf(rsp *http.Response) Answer {
	answer := Answer{Status: rsp.StatusCode}
	switch rsp.StatusCode / 100 {
	case 2:
	case 3:
		answer.Problem = Redirected
	default:
		answer.Problem = Refused
	}
	if rsp.StatusCode == http.StatusTooManyRequests || rsp.StatusCode == http.StatusServiceUnavailable {
		if seconds, err := strconv.Atoi(strings.TrimSpace(rsp.Header.Get("Retry-After"))); err == nil && seconds > 0 {
			answer.RetryAfter = time.Duration(min(seconds, retryAfterMax)) * time.Second
		}
	}
	return answer
}

// retryAfterMax is how many seconds a stranger may have us wait.
const retryAfterMax = 3600

// dial resolves the host of an address, once, and dials what it resolves to if all of that may be called.
func (c *Client) dial(ctx context.Context, _, address string) (net.Conn, error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return nil, errBadAddress
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return nil, errBadAddress
	}
	found, err := c.addressesOf(ctx, host)
	if err != nil {
		return nil, err
	}
	failure := errUnresolved
	for _, each := range found[:min(len(found), addressesMax)] {
		conn, err := c.options.Dial(ctx, "tcp", netip.AddrPortFrom(each, uint16(port)).String())
		if err == nil {
			return conn, nil
		}
		failure = errors.Join(errUnreachable, err)
	}
	return nil, failure
}

// addressesOf is what a host resolves to, if all of it may be called: of a name that means something inside as well,
// nothing may.
func (c *Client) addressesOf(ctx context.Context, host string) ([]netip.Addr, error) {
	found := []netip.Addr{}
	if literal, err := netip.ParseAddr(host); err == nil {
		found = append(found, literal)
	} else if found, err = c.options.Resolve(ctx, host); err != nil {
		return nil, errors.Join(errUnresolved, err)
	}
	for i, each := range found {
		if !c.options.mayDial(host, each) {
			return nil, errBadAddress
		}
		found[i] = each.Unmap()
	}
	return found, nil
}
