package handler

import (
	"testing"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/store/faults"
	"farthing/service.card-processing/logic"
)

// What was stood in for is posted, whatever becomes of its answer: if that cannot be that it was approved, it must not
// be that nothing was done.
func TestAPaymentThatMayBeStoodInForIsNotAnsweredAsNotDone(t *testing.T) {
	for name, fails := range map[string]struct {
		op    faults.Op
		nth   int
		fault faults.Fault
	}{
		"the decision is written, and nobody hears of it": {faults.Apply, 1, faults.UnknownApplied},
		"the decision comes late":                         {faults.Apply, 1, faults.UnknownLate},
		"operators are not shown it":                      {faults.Write, 3, faults.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBank(t)
			b.policy, b.london = logic.StandIn{Minor: 20_00, Currency: "GBP"}, time.UTC
			b.peers.fails["Authorise"] = errs.New(errs.Unavailable, "not now")
			asked := 0
			b.pick = func(op faults.Op) faults.Fault {
				if op != fails.op {
					return faults.None
				}
				if asked++; asked == fails.nth {
					return fails.fault
				}
				return faults.None
			}
			rsp, err := b.Authorise(t.Context(), swipe("000001"))
			if asked < fails.nth {
				t.Fatalf("only %d were asked for", asked)
			}
			if !rsp.GetApproved() && !errs.Is(err, errs.OutcomeUnknown) {
				t.Errorf("it is answered %v, %v", rsp, err)
			}
		})
	}
}
