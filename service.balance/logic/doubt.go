package logic

import (
	"context"
	"slices"
	"sync"
	"time"

	"farthing/pkg/clock"
)

// doubt is a hold whose write had no answer. Its caller has one by now, or was told that nobody knows.
type doubt struct{ account, hold, transaction string }

// doubts are all of them in this process. What a process that dies forgets is told by the sweep of the next, as far as
// it happened.
type doubts struct {
	mu   sync.Mutex // Guards the rest.
	open []doubt
}

const (
	settleEvery = time.Second
	// doubtsMax are remembered; more than that, in a long outage, are left to the relay's sweep, minutes later.
	doubtsMax = 10_000
)

func (d *doubts) add(some ...doubt) {
	d.mu.Lock()
	defer d.mu.Unlock()
	room := max(doubtsMax-len(d.open), 0)
	d.open = append(d.open, some[:min(room, len(some))]...)
}

func (d *doubts) take() []doubt {
	d.mu.Lock()
	defer d.mu.Unlock()
	open := d.open
	d.open = nil
	return open
}

// Settle comes back to the holds whose writes had no answer, until ctx ends: each is fenced as soon as the store
// answers, and told if it had happened. So the money is on its way back a minute after the store is, though nobody
// repeats the question.
func (l *Ledger) Settle(ctx context.Context) { clock.Every(ctx, settleEvery, l.settleAll) }

// settleAll stops at the first failure: the store is away, and would fail the others too.
func (l *Ledger) settleAll(ctx context.Context) {
	open := l.doubts.take()
	for i, d := range open {
		if l.settle(ctx, d) != nil {
			l.doubts.add(slices.Concat(open[i+1:], open[i:i+1])...)
			return
		}
	}
}

func (l *Ledger) settle(ctx context.Context, d doubt) error {
	ctx, cancel := context.WithTimeout(ctx, postWithin)
	defer cancel()
	settled, err := l.fence(ctx, d.account, Command{ID: d.hold, TransactionID: d.transaction})
	if err != nil || settled.Kind == Void {
		return err
	}
	// A fence answers only what a repeat is answered: the entry itself is told.
	entries, err := l.accounts.List(ctx, d.account, settled.Sequence-1, 1)
	if err == nil {
		l.relay.Committed(d.account, entries)
	}
	return err
}

// doubted has a hold settled later. Whoever wants a release or a leg of a journal repeats it until it is done.
func (r *round) doubted(c Command) {
	if c.Kind == Held {
		r.ledger.doubts.add(doubt{r.account, c.ID, c.TransactionID})
	}
}
