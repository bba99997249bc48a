// Package edgetest asks a door what a client would, over real HTTP on the loopback.
package edgetest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Door is a handler being served for the length of a test.
type Door struct {
	t      testing.TB
	server *httptest.Server
	client *http.Client
	header http.Header
}

// Serve serves h until the test ends.
func Serve(t testing.TB, h http.Handler) *Door {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	client := server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Door{t, server, client, http.Header{}}
}

// URL is where the door is served, "http://127.0.0.1:…".
func (d *Door) URL() string { return d.server.URL }

// With is the same door, asked with one more header.
func (d *Door) With(name, value string) *Door {
	out := *d
	out.header = d.header.Clone()
	out.header.Set(name, value)
	return &out
}

// As is the same door, asked with a bearer token.
func (d *Door) As(token string) *Door { return d.With("Authorization", "Bearer "+token) }

// Get asks for a path, which may have a query.
func (d *Door) Get(path string) Reply { d.t.Helper(); return d.Do(http.MethodGet, path, nil) }

// Form sends a form: "account_id=acc_1&metadata[notes]=x".
func (d *Door) Form(method, path, form string) Reply {
	d.t.Helper()
	return d.With("Content-Type", "application/x-www-form-urlencoded").Do(method, path, strings.NewReader(form))
}

// JSON sends JSON as it is written here.
func (d *Door) JSON(method, path, body string) Reply {
	d.t.Helper()
	return d.With("Content-Type", "application/json").Do(method, path, strings.NewReader(body))
}

// Do sends any request. The test fails if no answer comes.
func (d *Door) Do(method, path string, body io.Reader) Reply {
	d.t.Helper()
	req, err := http.NewRequestWithContext(d.t.Context(), method, d.server.URL+path, body)
	if err != nil {
		d.t.Fatalf("making the request %s %s: %v", method, path, err)
	}
	req.Header = d.header.Clone()
	rsp, err := d.client.Do(req)
	if err != nil {
		d.t.Fatalf("sending %s %s: %v", method, path, err)
	}
	defer rsp.Body.Close()
	answer, err := io.ReadAll(rsp.Body)
	if err != nil {
		d.t.Fatalf("reading the answer of %s %s: %v", method, path, err)
	}
	return Reply{d.t, rsp.StatusCode, rsp.Header, answer}
}

// Reply is what came back.
type Reply struct {
	t      testing.TB
	Status int
	Header http.Header
	Body   []byte
}

// Into decodes the body of a 200 into v, and fails the test on any other status.
func (r Reply) Into(v any) {
	r.t.Helper()
	if r.Status != http.StatusOK {
		r.t.Fatalf("got status %d, want 200: %s", r.Status, r.Body)
	}
	if err := json.Unmarshal(r.Body, v); err != nil {
		r.t.Fatalf("the answer is not what was expected: %v: %s", err, r.Body)
	}
}

// Refused fails the test unless the answer is an error with that status and code.
func (r Reply) Refused(status int, code string) Reply {
	r.t.Helper()
	var got struct{ Code, Message string }
	if err := json.Unmarshal(r.Body, &got); err != nil {
		r.t.Fatalf("the answer is not JSON: %v: %q", err, r.Body)
	}
	if r.Status != status || got.Code != code || got.Message == "" {
		r.t.Fatalf("got %d %s %q, want %d %s", r.Status, got.Code, got.Message, status, code)
	}
	return r
}
