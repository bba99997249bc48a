package e2e

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"farthing/e2e/world"
	"farthing/pkg/store"
	"farthing/pkg/store/faults"
)

// A check that cannot fail proves nothing. Here bugs are planted between the services and their store, one at a time,
// and the hour of swipes must find each.

// plant is a bug, and what the audit must call it.
type plant struct {
	hooks world.Hooks
	late  int // So many of 1,000 conditional writes happen late.
	finds string
}

func plants() map[string]plant {
	return map[string]plant{
		"the ledger writes no row by id": {hooks: world.Hooks{Apply: withoutIDRows}, finds: "duplicated"},
		"the ledger writes no entry":     {hooks: world.Hooks{Apply: withoutEntries}, finds: "lost"},
		"a hold is both answered and given back": {
			hooks: world.Hooks{Apply: withoutFences(true)}, late: 600, finds: "unbalanced",
		},
		"a transaction is lost now and again": {
			hooks: world.Hooks{Write: forgetful("transactions", "parts")}, finds: "lost",
		},
		"a feed item is lost now and again": {hooks: world.Hooks{Write: forgetful("feed", "items")}, finds: "lost"},
	}
}

func TestPlantedBugsAreFound(t *testing.T) {
	for name, bug := range plants() {
		t.Run(name, func(t *testing.T) {
			isIt := func(f world.Finding) bool { return f.Kind == bug.finds }
			findings, _ := simulateSwipes(t, shortly, 1, newStorm(lateWrites(bug.late)), bug.hooks)
			if !slices.ContainsFunc(findings, isIt) {
				t.Errorf("found %v, and nothing %s", findings, bug.finds)
			}
		})
	}
}

func TestWithoutTheBugsNothingIsFound(t *testing.T) {
	findings, _ := simulateSwipes(t, shortly, 1, newStorm(lateWrites(600)), world.Hooks{})
	wantNothing(t, findings)
}

// lateWrites has so many of 1,000 conditional writes happen late.
func lateWrites(perMille int) faults.Pick {
	pick := faults.Seeded(1, faults.Rates{UnknownLate: perMille, Arrive: 1000 - perMille})
	return func(op faults.Op) faults.Fault {
		if op != faults.Apply {
			return faults.None
		}
		return pick(op)
	}
}

// A hold whose write is late each time is fenced, and only then declined. Without the fence it comes true afterwards.
func TestADeclineIsFencedAndWithoutTheFenceFound(t *testing.T) {
	for name, apply := range map[string]func(string, store.ConditionalBatch) (store.ConditionalBatch, error){
		"fenced": nil, "not fenced": withoutFences(false),
	} {
		t.Run(name, func(t *testing.T) {
			var isHold atomic.Bool
			weather := newStorm(func(op faults.Op) faults.Fault {
				if op == faults.Apply && isHold.Load() {
					return faults.UnknownLate
				}
				return faults.None
			})
			watch := func(keyspace string, b store.ConditionalBatch) (store.ConditionalBatch, error) {
				isHold.Store(isLedger(keyspace, b) && b.Statics != nil)
				if apply != nil {
					return apply(keyspace, b)
				}
				return b, nil
			}
			o := world.Options{Store: func(s store.Store) store.Store {
				return world.Hooks{Apply: watch}.Store(weather.Store(s))
			}}
			simulate(t, o, func(t *testing.T, w *world.World) { wantFence(t, w, weather, apply == nil) })
		})
	}
}

func wantFence(t *testing.T, w *world.World, weather *storm, fenced bool) {
	t.Helper()
	alice, book := w.Customer(t, "alice", 100_00), world.NewBook()
	weather.loose.Store(true)
	p := world.Payment{ID: "late", CardID: alice.CardID, Minor: 30_00, Descriptor: pret}
	if !book.Swipe(t.Context(), w.Send, alice, p) || book.Pages()[0].Answer.DeclineReason != "timed_out" {
		t.Fatalf("a swipe whose hold is late was %v", book.Pages()[0].Answer)
	}
	weather.end(t) // Now it arrives.
	findings := w.Audit(t, book, alice)
	if fenced {
		wantNothing(t, findings)
	} else if len(findings) == 0 || findings[0].Kind != "phantom" {
		t.Errorf("found %v, and nothing phantom", findings)
	}
}

// shortly is long enough for every bug.
const shortly = 20 * time.Minute

func isLedger(keyspace string, b store.ConditionalBatch) bool {
	return keyspace == "balance" && b.Table.Name == "accounts"
}

// withoutIDRows leaves out the rows that keep repeats out.
func withoutIDRows(keyspace string, b store.ConditionalBatch) (store.ConditionalBatch, error) {
	if isLedger(keyspace, b) && b.Statics != nil {
		b.Rows = slices.DeleteFunc(slices.Clone(b.Rows), func(r store.ConditionalRow) bool { return r.IfNotExists })
	}
	return b, nil
}

// withoutEntries leaves out the rows that auditors read.
func withoutEntries(keyspace string, b store.ConditionalBatch) (store.ConditionalBatch, error) {
	if isLedger(keyspace, b) && b.Statics != nil {
		b.Rows = slices.DeleteFunc(slices.Clone(b.Rows), func(r store.ConditionalRow) bool { return !r.IfNotExists })
	}
	return b, nil
}

// withoutFences says that a fence stands which does not: one around a hold, or one around a hold's answer.
func withoutFences(aroundAnswers bool) func(string, store.ConditionalBatch) (store.ConditionalBatch, error) {
	return func(keyspace string, b store.ConditionalBatch) (store.ConditionalBatch, error) {
		if !isLedger(keyspace, b) || b.Statics != nil {
			return b, nil
		}
		b.Rows = slices.DeleteFunc(slices.Clone(b.Rows), func(r store.ConditionalRow) bool {
			return strings.HasPrefix(idOf(b.Table, r.Row), "answer:") == aroundAnswers
		})
		return b, nil
	}
}

// idOf is an entry's id: the last clustering column.
func idOf(table *store.Spec, row store.Row) string {
	id, _ := row[table.Clustering[len(table.Clustering)-1]].(string)
	return id
}

// forgetful acknowledges every seventh row of a table without writing it.
func forgetful(keyspace, table string) func(string, []store.Mutation) ([]store.Mutation, error) {
	var n atomic.Int64
	return func(to string, writes []store.Mutation) ([]store.Mutation, error) {
		if to != keyspace {
			return writes, nil
		}
		return slices.DeleteFunc(slices.Clone(writes), func(m store.Mutation) bool {
			return m.Table.Name == table && n.Add(1)%7 == 0
		}), nil
	}
}
