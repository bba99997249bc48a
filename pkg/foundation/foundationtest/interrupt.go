package foundationtest

import (
	"fmt"
	"sync/atomic"
	"testing"

	"farthing/pkg/store/faults"
)

// stepsMax is more writes than any test makes between two looks.
const stepsMax = 200

// AtEachWrite runs body again and again, on a store whose first write fails, then its second, and so on until body
// makes no more of them: as not available, applied and not known, lost and not known, and late. So it shows that
// whatever is cut short anywhere can be finished by repeating it.
func AtEachWrite(t *testing.T, body func(*testing.T, faults.Pick)) {
	t.Helper()
	for name, fault := range map[string]faults.Fault{
		"unavailable": faults.Unavailable, "applied": faults.UnknownApplied,
		"lost": faults.UnknownLost, "late": faults.UnknownLate,
	} {
		reached := true
		for step := int64(1); reached; step++ {
			if step > stepsMax {
				t.Fatalf("more than %d writes", stepsMax)
			}
			var writes atomic.Int64
			t.Run(fmt.Sprintf("write %d is %s", step, name), func(t *testing.T) {
				body(t, func(op faults.Op) faults.Fault {
					if (op == faults.Write || op == faults.Apply) && writes.Add(1) == step {
						return fault
					}
					return faults.None
				})
			})
			reached = writes.Load() >= step
		}
	}
}
