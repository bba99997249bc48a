package events

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
)

// How many streams there may be: of one process, and of one program in one customer's name.
const (
	streamsMax     = 10_000
	streamsOfOne   = 100
	overloadedWait = "5" // Seconds, until a place may be free.
)

// Hub wakes the streams of an account when it has changed.
type Hub struct {
	open prometheus.Gauge

	mu        sync.Mutex // Guards the rest.
	byAccount map[string]map[*waker]bool
	byCaller  map[string]int
	all       int
}

// waker is one stream's call to look.
type waker struct {
	account, caller string
	woken           chan struct{}
}

// NewHub is a hub without streams.
func NewHub(open prometheus.Gauge) *Hub {
	return &Hub{open: open, byAccount: make(map[string]map[*waker]bool), byCaller: make(map[string]int)}
}

// Wake has the streams of an account look. It never waits.
func (h *Hub) Wake(account string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for each := range h.byAccount[account] {
		select {
		case each.woken <- struct{}{}:
		default: // It has not looked since the last call.
		}
	}
}

// join adds a stream, unless there are too many: unavailable.streams, or rate_limited.streams of one caller.
func (h *Hub) join(account, caller string) (*waker, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.all >= streamsMax:
		return nil, errs.New(errs.Unavailable+".streams", "There are too many streams").
			With(edge.RetryAfterParam, overloadedWait)
	case h.byCaller[caller] >= streamsOfOne:
		return nil, errs.New(errs.RateLimited+".streams", "The program has too many streams").
			With(edge.RetryAfterParam, overloadedWait)
	}
	one := &waker{account, caller, make(chan struct{}, 1)}
	if h.byAccount[account] == nil {
		h.byAccount[account] = make(map[*waker]bool)
	}
	h.byAccount[account][one] = true
	h.byCaller[caller]++
	h.all++
	h.open.Inc()
	return one, nil
}

func (h *Hub) leave(one *waker) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if delete(h.byAccount[one.account], one); len(h.byAccount[one.account]) == 0 {
		delete(h.byAccount, one.account)
	}
	if h.byCaller[one.caller]--; h.byCaller[one.caller] == 0 {
		delete(h.byCaller, one.caller)
	}
	h.all--
	h.open.Dec()
}
