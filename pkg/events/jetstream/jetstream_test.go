package jetstream_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"farthing/pkg/events"
	"farthing/pkg/events/eventstest"
	"farthing/pkg/events/jetstream"
	"farthing/pkg/events/jetstream/natsserver"
)

func TestTheBusKeepsItsContract(t *testing.T) {
	server := serve(t, natsserver.Options{})
	eventstest.Run(t, func(t testing.TB) events.Bus { return busAt(t, server.URL(), prefix()) })
}

// serve is a server in a folder of the test's own, closed at its end.
func serve(t testing.TB, o natsserver.Options) *natsserver.Server {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	server, err := natsserver.Start(o)
	if err != nil {
		t.Fatalf("starting a server: %v", err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("closing the server: %v", err)
		}
	})
	return server
}

// busAt is a bus of the test's own, closed at its end.
func busAt(t testing.TB, url, prefix string) *jetstream.Bus {
	t.Helper()
	bus, err := jetstream.Open(t.Context(), jetstream.Config{URL: url, Prefix: prefix})
	if err != nil {
		t.Fatalf("opening the bus: %v", err)
	}
	t.Cleanup(func() {
		if err := bus.Close(); err != nil {
			t.Errorf("closing the bus: %v", err)
		}
	})
	return bus
}

// prefix is one that no other test uses.
func prefix() string { return fmt.Sprintf("t%d_", prefixes.Add(1)) }

var prefixes atomic.Int64
