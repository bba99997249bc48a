package jetstream_test

import (
	"testing"

	"farthing/pkg/events"
	"farthing/pkg/events/eventstest"
	"farthing/pkg/events/jetstream/natsserver"
)

// BenchmarkBus is a bus whose server syncs to the machine's own disk.
func BenchmarkBus(b *testing.B) {
	eventstest.Measure(b, func(t testing.TB) events.Bus {
		return busAt(t, serve(t, natsserver.Options{}).URL(), "")
	})
}
