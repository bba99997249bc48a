package edge

import (
	"context"
	"net/http"
	"strings"

	"github.com/julienschmidt/httprouter"
)

// Request is one request on its way through filters to a service. It is a small value: With… methods answer a changed
// copy, and all copies share one body.
type Request struct {
	ctx    context.Context // As in http.Request: a request is the one thing that carries it.
	caller any
	x      *exchange
}

// exchange is what all copies of a request share.
type exchange struct {
	http    *http.Request
	writer  http.ResponseWriter
	method  string
	route   *route
	params  httprouter.Params
	allowed []string // Of a path that is there under other methods only.
	traceID string
	body    body
	form    *Form
}

// Context ends when the client goes away, when the server stops, or when a filter's deadline passes.
func (r Request) Context() context.Context { return r.ctx }

// WithContext is the request with another context.
func (r Request) WithContext(ctx context.Context) Request {
	r.ctx = ctx
	return r
}

// Method is the request's method in upper case.
func (r Request) Method() string { return r.x.method }

// Path is the path as the client wrote it, decoded but not normalised.
func (r Request) Path() string { return r.x.http.URL.Path }

// Query is what stands behind the path's question mark, as the client wrote it.
func (r Request) Query() string { return r.x.http.URL.RawQuery }

// Route is the pattern that the path matched, such as "/transactions/:id", and "" if it matched none. Unlike the path
// it is fit for a metric's label.
func (r Request) Route() string { return r.x.route.path }

// Param is the value of a route's parameter: Param("id") of "/transactions/:id". It is "" if the route has none.
func (r Request) Param(name string) string { return r.x.params.ByName(name) }

// Header is the first value of a header, "" if it was not sent.
func (r Request) Header(name string) string { return r.x.http.Header.Get(name) }

// HeaderList is all values of a header that lists things, in one line however many it was sent on.
func (r Request) HeaderList(name string) string {
	return strings.Join(r.x.http.Header.Values(name), ",")
}

// HasHeader tells whether a header was sent, perhaps empty.
func (r Request) HasHeader(name string) bool { return len(r.x.http.Header.Values(name)) > 0 }

// Cookie is a cookie's value, "" if it was not sent.
func (r Request) Cookie(name string) string {
	cookie, err := r.x.http.Cookie(name)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// Remote is the network address of the other end, "host:port".
func (r Request) Remote() string { return r.x.http.RemoteAddr }

// Origin is where the client found this door, "https://host:port", as it says itself: fit to be sent back to it, and
// for nothing that is decided.
func (r Request) Origin() string {
	scheme := "http://"
	if r.x.http.TLS != nil {
		scheme = "https://"
	}
	return scheme + r.x.http.Host
}

// Bearer is the token of "Authorization: Bearer …". A token is a secret: it goes nowhere but to who checks it.
func (r Request) Bearer() (token string, ok bool) {
	scheme, token, _ := strings.Cut(r.Header("Authorization"), " ")
	token = strings.TrimSpace(token)
	return token, strings.EqualFold(scheme, "bearer") && token != ""
}

// Basic is the user and password of "Authorization: Basic …", as OAuth clients may send their id and secret.
func (r Request) Basic() (user, password string, ok bool) { return r.x.http.BasicAuth() }

// WithCaller is the request with the caller's identity, of whatever type the door's authentication chose.
func (r Request) WithCaller(caller any) Request {
	r.caller = caller
	return r
}

// Caller is the identity that authentication put there. It is false if there is none, or none of type T.
func Caller[T any](r Request) (T, bool) {
	caller, ok := r.caller.(T)
	return caller, ok
}
