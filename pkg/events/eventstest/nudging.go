package eventstest

import (
	"context"
	"sync"
	"testing"

	"farthing/pkg/events"
)

var nudging = map[string]func(*testing.T, events.Bus){
	"a nudge reaches all who listen to its topic": nudgesReachAll,
	"who has stopped listening is left alone":     nudgesEnd,
	"a nudge that nobody hears is no failure":     func(_ *testing.T, bus events.Bus) { bus.Nudge("silence", "acc_1") },
}

// heard is the keys that a listener took.
type heard struct {
	mu   sync.Mutex
	keys map[string]int
}

func (h *heard) take(key string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.keys[key]++
}

func (h *heard) has(key string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.keys[key] > 0
}

// listen listens until the function that it answers is called.
func listen(t *testing.T, bus events.Bus, topic string) (*heard, func()) {
	t.Helper()
	h := &heard{keys: make(map[string]int)}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- bus.Listen(ctx, topic, h.take) }()
	eventually(t, "the listener hears", func() bool {
		bus.Nudge(topic, "hello")
		return h.has("hello")
	})
	return h, func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("listening ended with %v", err)
		}
	}
}

func nudgesReachAll(t *testing.T, bus events.Bus) {
	first, stopFirst := listen(t, bus, "feed")
	defer stopFirst()
	second, stopSecond := listen(t, bus, "feed")
	defer stopSecond()
	other, stopOther := listen(t, bus, "other")
	defer stopOther()
	bus.Nudge("feed", "acc_1")
	eventually(t, "both are told", func() bool { return first.has("acc_1") && second.has("acc_1") })
	bus.Nudge("other", "acc_2")
	eventually(t, "the other is told", func() bool { return other.has("acc_2") })
	if other.has("acc_1") || first.has("acc_2") {
		t.Error("a nudge came to who listens to another topic")
	}
}

func nudgesEnd(t *testing.T, bus events.Bus) {
	gone, stop := listen(t, bus, "feed")
	stop()
	there, stop := listen(t, bus, "feed")
	defer stop()
	bus.Nudge("feed", "acc_1")
	eventually(t, "who listens is told", func() bool { return there.has("acc_1") })
	if gone.has("acc_1") {
		t.Error("who has gone was told")
	}
}
