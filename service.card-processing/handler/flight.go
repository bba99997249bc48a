package handler

import (
	"sync"
	"time"

	"farthing/pkg/clock"
)

// flights are the authorisations under way in this process, or just over, by hold: what one request of a hold is told,
// another one at about the same time must not take back.
type flights struct {
	watch clock.Stopwatch

	mu   sync.Mutex // Guards the rest.
	open map[string]*flight
	over []landed // The oldest first.
}

// flight is all requests of one hold at about the same time.
type flight struct {
	requests      int
	told, doubted bool
}

// landed is a request that is over.
type landed struct {
	hold string
	at   time.Duration
}

// remembered is how long a request that is over counts as one at the same time: longer than the ledger's clock is
// coarse, and any two clocks differ.
const remembered = 2 * time.Second

func newFlights() *flights { return &flights{watch: clock.Start(), open: make(map[string]*flight)} }

func (f *flights) begin(hold string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.over) > 0 && f.watch.Elapsed()-f.over[0].at > remembered {
		f.forget(f.over[0].hold)
		f.over = f.over[1:]
	}
	if f.open[hold] == nil {
		f.open[hold] = &flight{}
	}
	f.open[hold].requests++
}

func (f *flights) end(hold string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.over = append(f.over, landed{hold, f.watch.Elapsed()})
}

func (f *flights) forget(hold string) {
	if f.open[hold].requests--; f.open[hold].requests == 0 {
		delete(f.open, hold)
	}
}

// tell notes that a request is about to be told that its hold was made. It is false if another one has listed the hold
// as one that nobody was told of: then the ledger must be told first.
func (f *flights) tell(hold string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open[hold].told = true
	return !f.open[hold].doubted
}

// doubt notes that a request ends without an answer. It is false if another one was told: then the hold is theirs.
func (f *flights) doubt(hold string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open[hold].doubted = true
	return !f.open[hold].told
}
