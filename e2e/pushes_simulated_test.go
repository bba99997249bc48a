package e2e

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"farthing/e2e/world"
	"farthing/pkg/store"
)

// loses acknowledges the rows of a table without writing them, while it is told to.
func loses(keyspace, table string, losing *atomic.Bool) world.Options {
	return world.Options{Store: world.Hooks{
		Write: func(to string, writes []store.Mutation) ([]store.Mutation, error) {
			if to != keyspace || !losing.Load() {
				return writes, nil
			}
			return slices.DeleteFunc(slices.Clone(writes), func(m store.Mutation) bool {
				return m.Table.Name == table
			}), nil
		},
	}.Store}
}

// A customer pays three times, with the bank losing something of the second; the audit of pushes must name it.
func TestTheAuditNamesThePushOrTheItemThatWasLost(t *testing.T) {
	for name, lost := range map[string]struct{ keyspace, table, says string }{
		"nothing":     {"apns", "", ""},
		"a push":      {"apns", "pushes", "no phone was told of it"},
		"a feed item": {"feed", "items", "it is among the pushes, and the feed does not show it"},
	} {
		t.Run(name, func(t *testing.T) {
			var losing atomic.Bool
			simulate(t, loses(lost.keyspace, lost.table, &losing), func(t *testing.T, w *world.World) {
				alice := w.Customer(t, "alice", 100_00)
				w.Pass(t, time.Minute)
				var paid [3]world.Outcome
				for n, id := range []string{"before", "lost", "after"} {
					losing.Store(n == 1)
					paid[n] = w.Swipe(t, alice, id, 3_50, pret)
					w.Pass(t, time.Minute)
				}
				if faults := w.Faults(t, "/audit/pushes"); len(faults) > 0 {
					t.Errorf("what may be under way is named: %+v", faults)
				}
				w.Pass(t, 20*time.Minute)
				faults := w.Faults(t, "/audit/pushes")
				if lost.says == "" && len(faults) == 0 {
					return
				}
				if len(faults) != 1 || faults[0].Account != alice.AccountID || faults[0].Detail != lost.says ||
					faults[0].Transaction != paid[1].TransactionID {
					t.Errorf("found %+v, want of %s: %s", faults, paid[1].TransactionID, lost.says)
				}
			})
		})
	}
}
