package handler

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/store/faults"
	"farthing/service.balance/logic"
	balanceproto "farthing/service.balance/proto"
)

// listening is a relay that remembers what it was to tell.
type listening struct {
	quiet
	mu   sync.Mutex // Guards the rest.
	told []logic.Entry
}

func (l *listening) Committed(_ string, entries []logic.Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = append(l.told, entries...)
}

// ids are those of the entries that were told.
func (l *listening) ids() map[string]logic.Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make(map[string]logic.Entry)
	for _, e := range l.told {
		all[e.ID] = e
	}
	return all
}

// listen has a bank tell a relay, and settle its doubts until the test ends.
func (b *bank) listen(t *testing.T) *listening {
	t.Helper()
	relay := &listening{}
	b.ledger = logic.NewLedger(b.accounts, relay, &clock.Business{}, time.UTC, func(int64, []logic.Entry) {})
	ctx, cancel := context.WithCancel(t.Context())
	var settling sync.WaitGroup
	settling.Go(func() { b.ledger.Settle(ctx) })
	t.Cleanup(func() {
		cancel()
		settling.Wait()
		b.ledger.Drain()
	})
	return relay
}

// doubtfulFor is how long the store stays away: longer than any swipe waits.
const doubtfulFor = 10 * time.Second

// doubt has a hold meet a fault at each of its writes, until the store is well again, and a while pass after that.
func (b *bank) doubt(t *testing.T, fault faults.Fault, hold string) {
	t.Helper()
	var away atomic.Bool
	away.Store(true)
	b.pick = func(op faults.Op) faults.Fault {
		if op == faults.Apply && away.Load() {
			return fault
		}
		return faults.None
	}
	if rsp, err := b.reserve(t.Context(), hold, 8_00); !errs.Is(err, errs.OutcomeUnknown) {
		t.Fatalf("reserving on a store that never knows: %v, %v", rsp, err)
	}
	time.Sleep(doubtfulFor)
	away.Store(false)
	if err := b.engine.Settle(t.Context()); err != nil {
		t.Fatalf("letting late writes happen: %v", err)
	}
	time.Sleep(5 * time.Second)
}

func TestAHoldOfUnknownOutcomeThatHappenedIsToldSoonAfterwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, 10_00)
		relay := b.listen(t)
		hold := holdNamed("h", 1)
		b.doubt(t, faults.UnknownLate, hold)
		b.entries(t) // Has no gap.
		all, err := b.accounts.List(t.Context(), b.account, 0, 100)
		if err != nil || len(all) != 2 || all[1].ID != hold {
			t.Fatalf("the ledger has %v, %v", all, err)
		}
		if diff := cmp.Diff(all[1], relay.ids()[hold]); diff != "" {
			t.Fatalf("it was told otherwise than a sweep would (-sweep +told):\n%s", diff)
		}
	})
}

func TestAHoldOfUnknownOutcomeThatNeverHappenedIsFencedSoonAfterwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, 10_00)
		hold := holdNamed("h", 1)
		b.listen(t)
		b.doubt(t, faults.UnknownLost, hold)
		kept, found, err := b.accounts.FindIn(t.Context(), b.account, 0, hold)
		if err != nil || !found || kept.Kind != logic.Void {
			t.Fatalf("under the hold's id there is %v, %v, %v", kept, found, err)
		}
	})
}

func TestAHoldThatWasAnsweredAfterADoubtIsToldSoonAfterwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, 10_00)
		relay := b.listen(t)
		hold := holdNamed("h", 1)
		b.pick = faults.Script(faults.Apply, faults.UnknownApplied)
		rsp, err := b.reserve(t.Context(), hold, 8_00)
		if err != nil || rsp.GetOutcome() != balanceproto.Outcome_OUTCOME_APPROVED {
			t.Fatalf("reserving: %v, %v", rsp, err)
		}
		time.Sleep(5 * time.Second)
		if _, ok := relay.ids()[hold]; !ok {
			t.Fatalf("the ledger told %v", relay.ids())
		}
	})
}
