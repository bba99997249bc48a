package fakeapple_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"go.uber.org/goleak"
	"golang.org/x/net/http2"

	"farthing/service.apns/fakeapple"
)

const (
	teamID = "TEAM000001"
	keyID  = "KEY0000001"
	topic  = "test.farthing.app"
	apnsID = "123e4567-e89b-12d3-a456-426655440000"
)

var (
	phone = strings.Repeat("0a", 32)
	other = strings.Repeat("0b", 32)
	start = time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// handClock is moved by hand.
type handClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a fake on loopback and what a sender knows of it.
type world struct {
	*fakeapple.Server
	clock  *handClock
	p8     []byte
	url    string
	client *http.Client
}

// newWorld serves a fake until the test ends. The clock starts in 2024, whose certificate is good today.
func newWorld(t testing.TB, change ...func(*fakeapple.Options)) *world {
	t.Helper()
	key, p8, err := fakeapple.NewKey(teamID, keyID, topic)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{clock: &handClock{now: start}, p8: p8}
	options := fakeapple.Options{Keys: []fakeapple.Key{key}, Clock: w.clock}
	for _, f := range change {
		f(&options)
	}
	if w.Server, err = fakeapple.New(options); err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serve(t, w.Server, listener)
	w.url = "https://" + listener.Addr().String()
	w.client = newClient(t, w.CA(), (&net.Dialer{}).DialContext)
	return w
}

func serve(t testing.TB, server *fakeapple.Server, listener net.Listener) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("serving ended with %v", err)
		}
	})
}

func newClient(t testing.TB, ca []byte, dial func(context.Context, string, string) (net.Conn, error)) *http.Client {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		t.Fatal("the authority is not PEM")
	}
	transport := &http2.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		DialTLSContext: func(ctx context.Context, network, addr string, config *tls.Config) (net.Conn, error) {
			raw, err := dial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return tls.Client(raw, config), nil
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// bearer is a provider token, as changed.
func (w *world) bearer(t testing.TB, change ...func(*jwt.Token)) string {
	t.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{"iss": teamID, "iat": w.clock.Now().Unix()})
	token.Header["kid"] = keyID
	for _, f := range change {
		f(token)
	}
	block, _ := pem.Decode(w.p8)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return "bearer " + text
}

// request is a good push to the phone, as changed.
func (w *world) request(t testing.TB, bearer string, change ...func(*http.Request)) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/3/device/"+phone, nil)
	if err != nil {
		t.Fatal(err)
	}
	body(`{"aps":{"alert":"Pret A Manger"}}`)(r)
	r.Header.Set("authorization", bearer)
	r.Header.Set("apns-topic", topic)
	r.Header.Set("apns-id", apnsID)
	for _, f := range change {
		f(r)
	}
	return r
}

func body(text string) func(*http.Request) {
	return func(r *http.Request) {
		r.ContentLength = int64(len(text))
		r.Body = io.NopCloser(strings.NewReader(text))
	}
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func device(token string) func(*http.Request) {
	return func(r *http.Request) { r.URL.Path = "/3/device/" + token }
}

// reply is an answer of the fake.
type reply struct {
	status    int
	apnsID    string
	Reason    fakeapple.Reason `json:"reason"`
	Timestamp int64            `json:"timestamp"`
}

func (w *world) send(t testing.TB, r *http.Request) reply {
	t.Helper()
	rsp, err := w.client.Do(r)
	if err != nil {
		t.Fatalf("sending: %v", err)
	}
	defer func() { _ = rsp.Body.Close() }()
	text, err := io.ReadAll(rsp.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := reply{status: rsp.StatusCode, apnsID: rsp.Header.Get("apns-id")}
	if len(bytes.TrimSpace(text)) > 0 {
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("the answer %q: %v", text, err)
		}
	}
	return got
}

// push sends a good push, as changed, which must be answered with the status.
func (w *world) push(t testing.TB, bearer string, want int, change ...func(*http.Request)) reply {
	t.Helper()
	got := w.send(t, w.request(t, bearer, change...))
	if got.status != want {
		t.Fatalf("a push was answered %d %s, want %d", got.status, got.Reason, want)
	}
	return got
}

func (w *world) inject(t testing.TB, f fakeapple.Fault) {
	t.Helper()
	if err := w.Inject(f); err != nil {
		t.Fatal(err)
	}
}
