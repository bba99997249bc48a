package handler

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/store/faults"
	balanceproto "farthing/service.balance/proto"
)

func TestOnlyAffordableHoldsWinARace(t *testing.T) {
	const affordable, contenders = 37, 200
	b := newBank(t, affordable*10_00)
	var won atomic.Int64
	var group sync.WaitGroup
	for n := range contenders {
		group.Go(func() {
			rsp, err := b.reserve(t.Context(), holdNamed("race", n), 10_00)
			if err != nil {
				t.Errorf("reserving: %v", err)
			} else if approved(rsp) {
				won.Add(1)
			}
		})
	}
	group.Wait()
	if won.Load() != affordable {
		t.Fatalf("%d holds were made, want %d", won.Load(), affordable)
	}
	if got := len(b.entries(t)); got != contenders+1 {
		t.Fatalf("the ledger has %d entries, want each contender's and the salary", got)
	}
}

func TestARepeatAnswersWhatHappenedFirst(t *testing.T) {
	b := newBank(t, 10_00)
	first, err := b.reserve(t.Context(), holdNamed("a", 1), 8_00)
	if err != nil || !approved(first) {
		t.Fatalf("reserving: %v, %v", first, err)
	}
	declined, err := b.reserve(t.Context(), holdNamed("a", 2), 8_00)
	if err != nil || approved(declined) {
		t.Fatalf("reserving what is not there: %v, %v", declined, err)
	}
	b.payIn(t, 100_00, "bonus") // Now there would be enough.
	for n, want := range map[int]*balanceproto.ReserveResponse{1: first, 2: declined} {
		got, err := b.reserve(t.Context(), holdNamed("a", n), 8_00)
		if err != nil || !got.GetRepeated() {
			t.Fatalf("repeating: %v, %v", got, err)
		}
		got.Repeated = false
		if !proto.Equal(want, got) {
			t.Errorf("the repeat answers %v, want %v", got, want)
		}
	}
}

func TestConcurrentRepeatsMakeOneHold(t *testing.T) {
	b := newBank(t, 100_00)
	var group sync.WaitGroup
	ids := make([]string, 50)
	for n := range ids {
		group.Go(func() {
			rsp, err := b.reserve(t.Context(), holdNamed("same", 1), 1_00)
			if err != nil || !approved(rsp) {
				t.Errorf("reserving: %v, %v", rsp, err)
			}
			ids[n] = rsp.GetTransactionId()
		})
	}
	group.Wait()
	for _, each := range ids {
		if each != ids[0] {
			t.Fatalf("one hold has the transactions %s and %s", ids[0], each)
		}
	}
	if got := b.entries(t)[holdNamed("same", 1)].GetHeldMinor(); got != 1_00 {
		t.Fatalf("held %d, want 100", got)
	}
}

func TestAnUnknownOutcomeIsResolvedNotGuessed(t *testing.T) {
	for name, c := range map[string]struct {
		faults []faults.Fault
		want   balanceproto.Outcome
	}{
		"applied": {[]faults.Fault{faults.UnknownApplied}, balanceproto.Outcome_OUTCOME_APPROVED},
		"lost":    {[]faults.Fault{faults.UnknownLost}, balanceproto.Outcome_OUTCOME_APPROVED},
		"late":    {[]faults.Fault{faults.UnknownLate}, balanceproto.Outcome_OUTCOME_APPROVED},
		"lost, then away": {
			[]faults.Fault{faults.UnknownLost, faults.Unavailable}, balanceproto.Outcome_OUTCOME_APPROVED,
		},
		"lost each time": {
			[]faults.Fault{faults.UnknownLost, faults.UnknownLost, faults.UnknownLost, faults.UnknownLost, faults.UnknownLost},
			balanceproto.Outcome_OUTCOME_DECLINED, // Fenced.
		},
		"late each time": {
			[]faults.Fault{faults.UnknownLate, faults.UnknownLate, faults.UnknownLate, faults.UnknownLate, faults.UnknownLate},
			balanceproto.Outcome_OUTCOME_DECLINED,
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBank(t, 10_00)
			b.pick = faults.Script(faults.Apply, c.faults...)
			first, err := b.reserve(t.Context(), holdNamed("h", 1), 8_00)
			if err != nil || first.GetOutcome() != c.want {
				t.Fatalf("reserving: %v, %v, want %v", first, err, c.want)
			}
			b.mend(t)
			again, err := b.reserve(t.Context(), holdNamed("h", 1), 8_00)
			if err != nil || again.GetOutcome() != c.want || again.GetTransactionId() != first.GetTransactionId() {
				t.Fatalf("the repeat answers %v, %v after %v", again, err, first)
			}
			if held := b.entries(t)[holdNamed("h", 1)].GetHeldChangeMinor() == 8_00; held != approved(first) {
				t.Fatalf("answered %v, held: %v", first.GetOutcome(), held)
			}
		})
	}
}

func TestNothingDoneIsSaidOnlyWhenNothingWasDone(t *testing.T) {
	b := newBank(t, 10_00)
	b.pick = func(op faults.Op) faults.Fault {
		if op == faults.Apply {
			return faults.Unavailable
		}
		return faults.None
	}
	if rsp, err := b.reserve(t.Context(), holdNamed("h", 1), 8_00); !errs.Is(err, errs.Unavailable) {
		t.Fatalf("reserving without a store: %v, %v", rsp, err)
	}
	b.mend(t)
	if e := b.entries(t)[holdNamed("h", 1)]; e != nil {
		t.Fatalf("there is %v", e)
	}
}

// TestTheBookOfAnswersAgreesWithTheLedger is the client's book: whatever the store does, no definite answer is ever
// contradicted by the ledger or by a later answer.
func TestTheBookOfAnswersAgreesWithTheLedger(t *testing.T) {
	for seed := range uint64(6) {
		b := newBank(t, 1_000_00)
		b.pick = faults.Seeded(seed, faults.Rates{
			Unavailable: 80, UnknownApplied: 80, UnknownLost: 80, UnknownLate: 80, Arrive: 100,
		})
		const holds = 300
		var mu sync.Mutex
		book := make(map[string]*balanceproto.ReserveResponse)
		var group sync.WaitGroup
		for worker := range 8 {
			group.Go(func() {
				random := rand.New(rand.NewPCG(seed, uint64(worker)))
				for range holds / 4 {
					hold := holdNamed("book", random.IntN(holds)) // Many are asked for more than once.
					rsp, err := b.reserve(t.Context(), hold, 7_00)
					if err != nil {
						continue
					}
					mu.Lock()
					if before := book[hold]; before != nil && before.GetOutcome() != rsp.GetOutcome() {
						t.Errorf("seed %d: %s was %v, then %v", seed, hold, before, rsp)
					}
					book[hold] = rsp
					mu.Unlock()
				}
			})
		}
		group.Wait()
		b.mend(t)
		entries := b.entries(t)
		for hold, answer := range book {
			if held := entries[hold].GetHeldChangeMinor() == 7_00; held != approved(answer) {
				t.Errorf("seed %d: %s was answered %v, and its entry is %v", seed, hold, answer, entries[hold])
			}
		}
	}
}
