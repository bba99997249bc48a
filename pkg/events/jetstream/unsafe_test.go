package jetstream_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"farthing/pkg/errs"
	"farthing/pkg/events"
	"farthing/pkg/events/eventstest"
	"farthing/pkg/events/jetstream"
	"farthing/pkg/events/jetstream/natsserver"
)

func TestOurOwnServerIsSafe(t *testing.T) {
	s := serve(t, natsserver.Options{})
	bus := busAt(t, s.URL(), "")
	if err := bus.Publish(t.Context(), eventstest.Sample(1)); err != nil {
		t.Fatal(err)
	}
	if found, err := jetstream.Unsafe(t.Context(), s.Monitor()+"/"); err != nil || len(found) > 0 {
		t.Errorf("our server's unsafe settings: %q, %v", found, err)
	}
	if found, err := bus.UnsafeStreams(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("our streams' unsafe settings: %q, %v", found, err)
	}
}

func TestAServerThatSyncsLaterIsUnsafe(t *testing.T) {
	s := someServer(t, &server.Options{JetStream: true, StoreDir: t.TempDir(), SyncInterval: time.Second})
	makeStreams(t, s.ClientURL(), js.StreamConfig{Name: "volatile", Subjects: []string{"v"}, Storage: js.MemoryStorage})
	found, err := jetstream.Unsafe(t.Context(), "http://"+s.MonitorAddr().String())
	want := []string{"jetstream.sync_interval: 1s, not always", "stream volatile: storage memory"}
	if diff := cmp.Diff(want, found); err != nil || diff != "" {
		t.Fatalf("unsafe settings: %v\n%s", err, diff)
	}
}

func TestAServerWithoutJetStreamIsUnsafe(t *testing.T) {
	s := someServer(t, &server.Options{})
	found, err := jetstream.Unsafe(t.Context(), "http://"+s.MonitorAddr().String())
	if err != nil || len(found) != 1 || !strings.Contains(found[0], "off") {
		t.Fatalf("unsafe settings: %q, %v", found, err)
	}
}

func TestAMonitorThatCannotBeReadIsAnErrorWithoutItsAddress(t *testing.T) {
	strange := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/text") {
			_, _ = w.Write([]byte("hello"))
			return
		}
		http.NotFound(w, r)
	}))
	defer strange.Close()
	for _, monitor := range []string{
		strange.URL + "/text", strange.URL, "http://secret:secret@127.0.0.1:1", "http://secret\x7f", "",
	} {
		found, err := jetstream.Unsafe(t.Context(), monitor)
		if err == nil || found != nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("a strange monitor: %q, %v", found, err)
		}
	}
}

func TestStreamsThatMayLoseEventsAreNamed(t *testing.T) {
	s := serve(t, natsserver.Options{})
	makeStreams(t, s.URL(),
		js.StreamConfig{Name: "x_a", Subjects: []string{"x_events.a.*", "x_again.a.*"}, Storage: js.MemoryStorage},
		js.StreamConfig{Name: "x_b", Subjects: []string{"x_events.b.*"}, PersistMode: js.AsyncPersistMode},
		js.StreamConfig{Name: "y_b", Subjects: []string{"y_events.b.*"}, Storage: js.MemoryStorage}, // Somebody else's.
	)
	bus, err := jetstream.Open(t.Context(), jetstream.Config{URL: s.URL(), Prefix: "x_", Replicas: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = bus.Close() }()
	found, err := bus.UnsafeStreams(t.Context())
	want := []string{
		"stream x_a: storage memory", "stream x_a: num_replicas 1",
		"stream x_b: persist_mode async", "stream x_b: num_replicas 1",
	}
	if diff := cmp.Diff(want, found); err != nil || diff != "" {
		t.Fatalf("unsafe settings: %v\n%s", err, diff)
	}
}

// A stream of the name that would not keep what the bus promises is not used.
func TestAStreamThatKeepsOtherThingsIsRefused(t *testing.T) {
	s := serve(t, natsserver.Options{})
	subjects := []string{"events." + eventstest.Stream + ".*", "again." + eventstest.Stream + ".*"}
	makeStreams(t, s.URL(), js.StreamConfig{Name: eventstest.Stream, Subjects: subjects, MaxMsgs: 10})
	err := busAt(t, s.URL(), "").Publish(t.Context(), events.Event{ID: "evt_1", Type: eventstest.Happened})
	if !errs.Is(err, errs.PreconditionFailed) {
		t.Fatalf("publishing to a stream that forgets: %v, want precondition_failed", err)
	}
}

// someServer is a server as an operator may have set it up.
func someServer(t testing.TB, o *server.Options) *server.Server {
	t.Helper()
	o.Host, o.Port, o.HTTPHost, o.HTTPPort = "127.0.0.1", server.RANDOM_PORT, "127.0.0.1", server.RANDOM_PORT
	o.NoSigs, o.NoLog = true, true
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatalf("making a server: %v", err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(30 * time.Second) {
		t.Fatal("the server does not start")
	}
	return s
}

func makeStreams(t testing.TB, url string, all ...js.StreamConfig) {
	t.Helper()
	conn, err := nats.Connect(url)
	if err != nil {
		t.Fatalf("connecting: %v", err)
	}
	defer conn.Close()
	made, err := js.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if _, err := made.CreateStream(t.Context(), c); err != nil {
			t.Fatalf("making the stream %s: %v", c.Name, err)
		}
	}
}
