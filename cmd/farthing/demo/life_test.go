package demo_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"farthing/cmd/farthing/demo"
)

func london(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestALifeIsBelievableWheneverTheBankStarts(t *testing.T) {
	zone := london(t)
	rapid.Check(t, func(t *rapid.T) {
		minutes := rapid.Int64Range(0, 10*366*24*60).Draw(t, "minutes")
		now := time.Date(2024, 1, 1, 0, 0, 0, 0, zone).Add(time.Duration(minutes) * time.Minute)
		checkLife(t, demo.Life(now), now)
	})
}

// checkLife plays the bank: what it would decide, and what would be left.
func checkLife(t *rapid.T, life []demo.Happening, now time.Time) {
	var balance, pot, purchases, refunds int64
	var declines []string
	frozen, last, held := false, demo.Begin(life), make(map[time.Time]int64)
	for _, h := range life {
		if !h.At.After(last) && h.Kind == demo.Swiped {
			t.Fatalf("%v comes no later than what was before it, at %v", h, last)
		}
		last = h.At
		switch h.Kind {
		case demo.PaidIn:
			balance += h.Amount.Minor
		case demo.PaidOut, demo.PutAside:
			if balance -= h.Amount.Minor; balance < 0 {
				t.Fatalf("there is not enough for %v", h)
			}
			if h.Kind == demo.PutAside {
				pot += h.Amount.Minor
			}
		case demo.TakenOut:
			balance, pot = balance+h.Amount.Minor, pot-h.Amount.Minor
		case demo.Refunded:
			balance += h.Amount.Minor
			refunds++
		case demo.Frozen, demo.Unfrozen:
			frozen = h.Kind == demo.Frozen
		case demo.Cleared:
			if h.Amount.Minor != held[h.SwipedAt] {
				t.Fatalf("%v collects what was not held: %d", h, held[h.SwipedAt])
			}
			delete(held, h.SwipedAt)
		case demo.Swiped:
			reason := ""
			switch {
			case frozen:
				reason = "card_frozen"
			case h.Amount.Minor > balance:
				reason = "insufficient_funds"
			default:
				balance -= h.Amount.Minor
				held[h.At] = h.Amount.Minor
				purchases++
			}
			if reason != h.Declined {
				t.Fatalf("%v would be declined for %q, with %d to spend", h, reason, balance)
			}
			if reason != "" {
				declines = append(declines, reason)
			}
		}
	}
	if balance < 300_00 || balance > 6_500_00 || purchases < 250 || pot < 400_00 || refunds != 1 {
		t.Fatalf("%d purchases and %d refunds leave %d, and %d in the pot", purchases, refunds, balance, pot)
	}
	for at := range held {
		if now.Sub(at) > 4*24*time.Hour {
			t.Fatalf("what was swiped at %v was never collected", at)
		}
	}
	if diff := cmp.Diff([]string{"card_frozen", "insufficient_funds"}, declines); diff != "" {
		t.Fatal(diff)
	}
	if begin := demo.Begin(life); begin.Before(now.AddDate(0, 0, -184)) || now.Sub(last) < time.Hour {
		t.Fatalf("from %v to %v, seen at %v", begin, last, now)
	}
}

func TestADateHasTheSameLifeEachTime(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, london(t))
	if diff := cmp.Diff(demo.Life(now), demo.Life(now)); diff != "" {
		t.Fatal(diff)
	}
}
