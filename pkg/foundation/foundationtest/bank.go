// Package foundationtest runs services for the tests of their handlers: the whole chain of a call, a store and a bus
// in memory, and no network.
package foundationtest

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	"farthing/pkg/clock"
	"farthing/pkg/foundation"
	"farthing/pkg/store"
	"farthing/pkg/store/faults"
)

// startOfTime is business time when a bank of a test begins; it goes on with the machine's.
func startOfTime() time.Time { return time.Date(2026, time.March, 14, 9, 26, 53, 0, time.UTC) }

// Bank is services that run together in a test.
type Bank struct {
	Clock   *clock.Business
	KeyDir  string         // Where their key files are.
	Counter faults.Counter // Of what they ask of the store.

	process *foundation.Process
	store   *faulty
	log     *Lines
}

// RunOn starts these services, and stops them when the test ends; a fake of a peer is a service as well. Operations on
// their store meet the faults that pick chooses, of all keyspaces; none if it is nil.
func RunOn(t testing.TB, pick faults.Pick, services ...foundation.Service) *Bank {
	t.Helper()
	b := &Bank{Clock: clock.StartingAt(startOfTime()), KeyDir: t.TempDir(), log: &Lines{}}
	kept, err := foundation.OpenEmbedded(foundation.EmbeddedOptions{
		Memory: true, Clock: b.Clock, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatalf("opening a bank in memory: %v", err)
	}
	options := kept.Options(services)
	b.store = &faulty{Store: b.Counter.Store(kept.Store), pick: pick}
	options.Store, options.KeyDir, options.CreateKeys = b.store, b.KeyDir, true
	options.Log = slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if b.process, err = kept.Start(t.Context(), options); err != nil {
		t.Fatalf("starting the bank: %v", err)
	}
	t.Cleanup(func() {
		if err := b.process.Shutdown(t.Context()); err != nil {
			t.Errorf("stopping the bank: %v", err)
		}
		if err := kept.Close(); err != nil {
			t.Errorf("closing the bank: %v", err)
		}
	})
	return b
}

// Dial is a connection to a service in the name of a caller.
func (b *Bank) Dial(t testing.TB, caller, callee string) grpc.ClientConnInterface {
	t.Helper()
	conn, err := b.process.Dial(caller, callee)
	if err != nil {
		t.Fatalf("dialling %s as %s: %v", callee, caller, err)
	}
	return conn
}

// Logged is everything that the services have logged so far, down to debug.
func (b *Bank) Logged() string { return b.log.String() }

// Settle lets every write happen that is still late, in every keyspace.
func (b *Bank) Settle(t testing.TB) {
	t.Helper()
	for _, engine := range b.store.opened() {
		if err := engine.Settle(context.WithoutCancel(t.Context())); err != nil {
			t.Fatalf("settling: %v", err)
		}
	}
}

// faulty is a store whose keyspaces have faults.
type faulty struct {
	store.Store
	pick faults.Pick

	mu      sync.Mutex // Guards engines.
	engines []*faults.Engine
}

// Open is the store's keyspace, with faults.
func (f *faulty) Open(keyspace string) store.Engine {
	if f.pick == nil {
		return f.Store.Open(keyspace)
	}
	engine := faults.Wrap(f.Store.Open(keyspace), f.pick)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.engines = append(f.engines, engine)
	return engine
}

func (f *faulty) opened() []*faults.Engine {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.engines
}
