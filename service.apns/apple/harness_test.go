package apple_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"farthing/service.apns/apple"
	"farthing/service.apns/fakeapple"
)

const topic = "test.farthing.app"

var start = time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// phone is the i-th phone's device token.
func phone(i int) apple.DeviceToken {
	return apple.DeviceToken(fmt.Sprintf("%08x", i) + strings.Repeat("0b", 28))
}

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

// world is a fake of Apple on loopback and a sender to it, which share a clock.
type world struct {
	*apple.Sender
	fake  *fakeapple.Server
	clock *handClock
}

func newWorld(t testing.TB, change ...func(*apple.Config)) *world {
	t.Helper()
	key, p8, err := fakeapple.NewKey("TEAM000001", "KEY0000001", topic)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{clock: &handClock{now: start}}
	if w.fake, err = fakeapple.New(fakeapple.Options{Keys: []fakeapple.Key{key}, Clock: w.clock}); err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serve(t, w.fake, listener)
	config := apple.Config{
		Host: "https://" + listener.Addr().String(), RootCAs: x509.NewCertPool(), Dial: (&net.Dialer{}).DialContext,
		Key: p8, KeyID: key.ID, TeamID: key.TeamID, Topic: topic, Clock: w.clock,
	}
	config.RootCAs.AppendCertsFromPEM(w.fake.CA())
	for _, f := range change {
		f(&config)
	}
	if w.Sender, err = apple.New(config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

func serve(t testing.TB, fake *fakeapple.Server, listener net.Listener) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- fake.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("serving ended with %v", err)
		}
	})
}

func push(i int) apple.Push {
	return apple.Push{
		Device:     phone(i),
		ApnsID:     "123e4567-e89b-12d3-a456-426655440000",
		CollapseID: "feed_00008zIcpb1TB4yeIFXMzx",
		Expiration: start.Add(24 * time.Hour),
		Payload:    []byte(`{"aps":{"alert":{"title":"🥪 Pret A Manger","body":"£3.50 at Pret & Co"},"sound":"default"}}`),
	}
}

// send must end in an answer.
func (w *world) send(t testing.TB, p apple.Push) apple.Result {
	t.Helper()
	got, err := w.Send(t.Context(), p)
	if err != nil {
		t.Fatalf("sending: %v", err)
	}
	return got
}

func (w *world) inject(t testing.TB, f fakeapple.Fault) {
	t.Helper()
	if err := w.fake.Inject(f); err != nil {
		t.Fatal(err)
	}
}
