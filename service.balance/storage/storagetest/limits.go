package storagetest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"farthing/pkg/errs"
	"farthing/service.balance/logic"
)

// silent is a relay that tells nobody.
type silent struct{}

func (silent) Mark(context.Context, string) error { return nil }
func (silent) Committed(string, []logic.Entry)    {}

// now is a clock that stands.
type now struct{}

func (now) Now() time.Time        { return at() }
func (now) Offset() time.Duration { return 0 }

// limitHolds has two replicas hold under one limit, a thousand times at once: they hold what it allows, and no more.
func (s suite) limitHolds(t *testing.T, account string) {
	s.opened(t, account)
	var replicas [2]*logic.Ledger
	for i := range replicas {
		replicas[i] = logic.NewLedger(s.accounts, silent{}, now{}, time.UTC, func(int64, []logic.Entry) {})
		defer replicas[i].Drain()
	}
	var swipes sync.WaitGroup
	var held atomic.Int64
	for n := range 1_000 {
		swipes.Go(func() {
			c := hold(fmt.Sprint("limited ", n), 3_00)
			c.Control.Limits[0].Minor = 50_00
			held.Add(insist(t, replicas[n%2], account, c))
		})
	}
	swipes.Wait()
	if got := s.load(t, account); held.Load() != 48_00 || got.Held != 48_00 || got.Counters[0].Day.Minor != 48_00 {
		t.Errorf("%d were held of a limit of 5000, and the state is %+v", held.Load(), got)
	}
}

// insist asks until there is a decision, and answers what is held.
func insist(t *testing.T, l *logic.Ledger, account string, c logic.Command) int64 {
	for {
		decision, err := l.Do(t.Context(), account, c)
		switch {
		case err == nil:
			return decision.Entry.HeldChange
		case !isBusy(err):
			t.Errorf("holding: %v", err)
			return 0
		}
	}
}

// isBusy tells whether to ask again.
func isBusy(err error) bool { return errs.Is(err, errs.Unavailable) || errs.Is(err, errs.Timeout) }
