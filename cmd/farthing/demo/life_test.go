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
		checkLife(t, demo.Life(now, demo.DaysMax), now)
	})
}

func TestAShorterLifeIsPossibleToo(t *testing.T) {
	zone := london(t)
	rapid.Check(t, func(t *rapid.T) {
		minutes := rapid.Int64Range(0, 10*366*24*60).Draw(t, "minutes")
		now := time.Date(2024, 1, 1, 0, 0, 0, 0, zone).Add(time.Duration(minutes) * time.Minute)
		days := rapid.IntRange(1, demo.DaysMax).Draw(t, "days")
		life := demo.Life(now, days)
		if begin := demo.Begin(life); begin.Before(now.AddDate(0, 0, -days-1)) {
			t.Fatalf("%d days begin at %v", days, begin)
		}
		living(t, life)
	})
}

// checkLife looks at a whole one.
func checkLife(t *rapid.T, life []demo.Happening, now time.Time) {
	left := living(t, life)
	if left.balance < 300_00 || left.balance > 6_500_00 || left.purchases < 250 || left.pot < 400_00 || left.refunds != 1 {
		t.Fatalf("it leaves %+v", left)
	}
	for at := range left.held {
		if now.Sub(at) > 4*24*time.Hour {
			t.Fatalf("what was swiped at %v was never collected", at)
		}
	}
	if diff := cmp.Diff([]string{"card_frozen", "insufficient_funds"}, left.declines); diff != "" {
		t.Fatal(diff)
	}
	if begin := demo.Begin(life); begin.Before(now.AddDate(0, 0, -184)) || now.Sub(left.last) < time.Hour {
		t.Fatalf("from %v to %v, seen at %v", begin, left.last, now)
	}
}

// bank is one that a life is played on.
type bank struct {
	balance, pot       int64
	purchases, refunds int
	declines           []string
	frozen             bool
	held               map[time.Time]int64 // By when it was swiped.
	swiped             map[time.Time]int64 // All that ever was.
	last               time.Time
}

// living plays a life: what the bank would decide must be what the life says.
func living(t *rapid.T, life []demo.Happening) *bank {
	b := &bank{last: demo.Begin(life), held: make(map[time.Time]int64), swiped: make(map[time.Time]int64)}
	for _, h := range life {
		if !h.At.After(b.last) && h.Kind == demo.Swiped {
			t.Fatalf("%v comes no later than what was before it, at %v", h, b.last)
		}
		b.last = h.At
		b.happen(t, h)
		if b.balance < 0 || b.pot < 0 {
			t.Fatalf("there is not enough for %v", h)
		}
	}
	return b
}

func (b *bank) happen(t *rapid.T, h demo.Happening) {
	switch h.Kind {
	case demo.PaidIn:
		b.balance += h.Amount.Minor
	case demo.PaidOut:
		b.balance -= h.Amount.Minor
	case demo.PutAside:
		b.balance, b.pot = b.balance-h.Amount.Minor, b.pot+h.Amount.Minor
	case demo.TakenOut:
		b.balance, b.pot = b.balance+h.Amount.Minor, b.pot-h.Amount.Minor
	case demo.Refunded:
		if h.Amount.Minor != b.swiped[h.SwipedAt] {
			t.Fatalf("%v sends back what was not swiped: %d", h, b.swiped[h.SwipedAt])
		}
		b.balance += h.Amount.Minor
		b.refunds++
	case demo.Frozen, demo.Unfrozen:
		b.frozen = h.Kind == demo.Frozen
	case demo.Cleared:
		if h.Amount.Minor != b.held[h.SwipedAt] {
			t.Fatalf("%v collects what was not held: %d", h, b.held[h.SwipedAt])
		}
		delete(b.held, h.SwipedAt)
	case demo.Swiped:
		b.swipe(t, h)
	}
}

func (b *bank) swipe(t *rapid.T, h demo.Happening) {
	reason := ""
	switch {
	case b.frozen:
		reason = "card_frozen"
	case h.Amount.Minor > b.balance:
		reason = "insufficient_funds"
	default:
		b.balance -= h.Amount.Minor
		b.held[h.At], b.swiped[h.At] = h.Amount.Minor, h.Amount.Minor
		b.purchases++
	}
	if reason != h.Declined {
		t.Fatalf("%v would be declined for %q, with %d to spend", h, reason, b.balance)
	}
	if reason != "" {
		b.declines = append(b.declines, reason)
	}
}

func TestADateHasTheSameLifeEachTime(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, london(t))
	if diff := cmp.Diff(demo.Life(now, demo.DaysMax), demo.Life(now, demo.DaysMax)); diff != "" {
		t.Fatal(diff)
	}
}
