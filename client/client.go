// Package client asks Farthing's public API. Its methods and types are generated from the API's document, one method
// for each operation: it answers what a 200 has in it, or fails with an *Error that says what the bank said. A stream
// of events (Client.Follow), uploads (Client.UploadFile) and the messages of webhooks (OpenMessage) are by hand.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	userAgent = "farthing-client-go/1"
	// timeout is more than the bank takes for anything but a stream or an upload.
	timeout = 30 * time.Second
	// answerBytesMax is more than the API answers.
	answerBytesMax = 8 << 20
)

// TokenSource answers the access token to ask with, each time that something is asked.
type TokenSource func(ctx context.Context) (string, error)

// Client asks the API in one customer's name. It is safe for concurrent use.
type Client struct {
	base    string
	agent   string
	tokens  TokenSource
	timeout time.Duration
	http    *http.Client
}

// Option is something that a client does otherwise.
type Option func(*Client)

// New answers a client of the API at a base URL such as "http://127.0.0.1:8080". Without a token it may ask what needs
// none.
func New(baseURL string, options ...Option) *Client {
	c := &Client{
		base: strings.TrimRight(baseURL, "/"), agent: userAgent, timeout: timeout, http: http.DefaultClient,
		tokens: func(context.Context) (string, error) { return "", nil },
	}
	for _, option := range options {
		option(c)
	}
	return c
}

// WithToken asks with an access token.
func WithToken(token string) Option {
	return WithTokenSource(func(context.Context) (string, error) { return token, nil })
}

// WithTokenSource asks with whatever access token a source answers, for tokens that are refreshed. An empty one is
// none.
func WithTokenSource(source TokenSource) Option { return func(c *Client) { c.tokens = source } }

// WithUserAgent says which program asks.
func WithUserAgent(agent string) Option { return func(c *Client) { c.agent = agent } }

// WithTimeout gives up a call after d, in place of 30 seconds. A stream has no end but its context's.
func WithTimeout(d time.Duration) Option { return func(c *Client) { c.timeout = d } }

// WithHTTPClient asks by an HTTP client, in place of http.DefaultClient: one of golang.org/x/oauth2, which brings its
// own tokens, or one with a proxy. Its own Timeout would cut streams off.
func WithHTTPClient(h *http.Client) Option { return func(c *Client) { c.http = h } }

// CallOption is something about one call.
type CallOption func(*http.Request)

// WithIdempotencyKey names a call that changes something, so that it can be repeated: a repeat with the same key and
// the same arguments is answered as the first was, and nothing happens twice.
func WithIdempotencyKey(key string) CallOption {
	return func(req *http.Request) { req.Header.Set("Idempotency-Key", key) }
}

// call is what a generated method asks.
type call struct {
	method, path string
	fields       url.Values
	body         any // JSON; nil for none.
	wrong        error
}

// in puts a value into the path.
func (a *call) in(name, value string) { //nolint:unparam // The API says what they are called.
	if value == "" || value == "." || value == ".." { // That would be another path.
		a.wrong = fmt.Errorf("%q is no %s", value, name)
	}
	a.path = strings.Replace(a.path, "{"+name+"}", url.PathEscape(value), 1)
}

// query adds a field to the query; one that has its zero value was not set.
func (a *call) query(name string, value any) {
	if a.fields == nil {
		a.fields = make(url.Values)
	}
	switch value := value.(type) {
	case []string:
		a.fields[name] = value
	case string:
		if value != "" {
			a.fields.Set(name, value)
		}
	case int32:
		if value != 0 {
			a.fields.Set(name, strconv.FormatInt(int64(value), 10))
		}
	case time.Time:
		if !value.IsZero() {
			a.fields.Set(name, value.Format(time.RFC3339Nano))
		}
	}
}

// do asks, and decodes what a 200 has in it.
func (c *Client) do(ctx context.Context, asked call, into any, options []CallOption) error {
	if asked.wrong != nil {
		return asked.wrong
	}
	var body io.Reader = http.NoBody
	if asked.body != nil {
		text, err := json.Marshal(asked.body)
		if err != nil {
			return fmt.Errorf("encoding the request: %w", err)
		}
		body = bytes.NewReader(text)
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := c.request(ctx, asked.method, asked.path, asked.fields, body)
	if err != nil {
		return err
	}
	if asked.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return c.send(req, into, options)
}

// request is a request that says who asks.
func (c *Client) request(
	ctx context.Context, method, path string, fields url.Values, body io.Reader,
) (*http.Request, error) {
	address := c.base + path
	if len(fields) > 0 {
		address += "?" + fields.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, fmt.Errorf("making the request: %w", err)
	}
	token, err := c.tokens(ctx)
	if err != nil {
		return nil, fmt.Errorf("getting a token: %w", err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	req.Header.Set("User-Agent", c.agent)
	return req, nil
}

func (c *Client) send(req *http.Request, into any, options []CallOption) error {
	for _, option := range options {
		option(req)
	}
	rsp, err := c.http.Do(req)
	if err != nil {
		return withoutAddress(err)
	}
	defer rsp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(rsp.Body, answerBytesMax))
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if rsp.StatusCode != http.StatusOK {
		return failure(rsp, body)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("decoding the answer: %w", err)
	}
	return nil
}

// withoutAddress is an HTTP client's error without the address, which has in it what is not for logs.
func withoutAddress(err error) error {
	if inner, ok := errors.AsType[*url.Error](err); ok {
		return inner.Err
	}
	return err
}
