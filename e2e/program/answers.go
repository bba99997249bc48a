package program

import (
	"context"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"farthing/e2e/world"
	"farthing/pkg/clock"
)

// Times is how long each answer took, and what it was. It is safe for concurrent use.
type Times struct {
	mu    sync.Mutex // Guards the rest.
	taken Taken
	took  []time.Duration
}

// Taken is what swipes took.
type Taken struct {
	Swipes  int
	Unknown int // That many had a 504, which is: nobody knows yet.
	Refused int // That many had a 503, which is: nothing was done.
	Median  time.Duration
	Longest time.Duration
	Failed  []error // Of those without any answer.
}

// Of is a sender whose answers are timed.
func (m *Times) Of(send world.Sender) world.Sender {
	return func(ctx context.Context, p world.Payment) (world.Answer, error) {
		watch := clock.Start()
		answer, err := send(ctx, p)
		m.note(watch.Elapsed(), answer, err)
		return answer, err
	}
}

func (m *Times) note(took time.Duration, answer world.Answer, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.took = append(m.took, took)
	switch answer.Status {
	case http.StatusGatewayTimeout:
		m.taken.Unknown++
	case http.StatusServiceUnavailable:
		m.taken.Refused++
	}
	if err != nil {
		m.taken.Failed = append(m.taken.Failed, err)
	}
}

// Taken is what the swipes took since it was last asked.
func (m *Times) Taken() Taken {
	m.mu.Lock()
	defer m.mu.Unlock()
	taken, took := m.taken, m.took
	m.taken, m.took = Taken{}, nil
	if taken.Swipes = len(took); taken.Swipes > 0 {
		slices.Sort(took)
		taken.Median, taken.Longest = took[len(took)/2], took[len(took)-1]
	}
	return taken
}

// Count is a number from the environment, for those who have the time for more, or the usual one.
func Count(t testing.TB, variable string, usual int) int {
	t.Helper()
	text, set := os.LookupEnv(variable)
	if !set {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s must be a number from 1, not %q", variable, text)
	}
	return n
}
