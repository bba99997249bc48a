package embedded_test

import (
	"testing"

	"github.com/cockroachdb/pebble/v2"

	"farthing/pkg/events"
	"farthing/pkg/events/embedded"
	"farthing/pkg/events/eventstest"
)

// BenchmarkBus is a bus on the machine's own disk, where a sync is a sync.
func BenchmarkBus(b *testing.B) {
	eventstest.Measure(b, func(t testing.TB) events.Bus {
		db, err := pebble.Open(t.TempDir(), &pebble.Options{MemTableSize: 32 << 20, Logger: quiet{t}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return busOn(t, db, embedded.Options{})
	})
}
