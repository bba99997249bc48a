package logic_test

import (
	"math"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"farthing/pkg/day"
	"farthing/pkg/errs"
	"farthing/service.balance/logic"
)

func london(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// history draws commands: holds that may be too large or refused, what becomes of those that were made, money in and
// out.
type history struct {
	account logic.Account
	holds   []logic.Hold
	entries []logic.Entry
}

// held is a hold that was made on one day.
func held(minor int64, on day.Day) logic.Hold {
	return logic.Hold{Remaining: minor, Parts: []logic.Part{{Day: on, Minor: minor}}}
}

func (h *history) step(t *rapid.T, m logic.Moment) {
	c := logic.Command{ID: rapid.StringMatching(`[a-z]{8}`).Draw(t, "id"), Kind: logic.Posted,
		Amount: rapid.Int64Range(-5_000, 20_000).Draw(t, "amount")}
	switch kind := rapid.IntRange(0, 3).Draw(t, "kind"); {
	case kind == 0 && len(h.holds) > 0:
		h.change(t, &c)
	case kind <= 2:
		c.Kind, c.Amount = logic.Held, rapid.Int64Range(1, 10_000).Draw(t, "held")
		c.Refusal = logic.Reason(rapid.SampledFrom([]int64{0, 0, 0, 2}).Draw(t, "refusal"))
	case kind == 3 && rapid.Bool().Draw(t, "asks"):
		c.Kind = rapid.SampledFrom([]logic.Kind{logic.Paid, logic.Moved}).Draw(t, "debit")
		c.Amount, c.Journal = rapid.Int64Range(1, 10_000).Draw(t, "withdrawn"), "jrn_1"
	}
	next, entry, err := logic.Decide(h.account, c, m)
	if err != nil {
		t.Fatalf("deciding %+v: %v", c, err)
	}
	if entry.Kind == logic.Held {
		h.holds = append(h.holds, held(entry.HeldChange, day.Of(entry.At, m.London)))
	}
	h.account, h.entries = next, append(h.entries, entry)
}

// change gives some of the oldest hold back, or has it collected, beyond it at times.
func (h *history) change(t *rapid.T, c *logic.Command) {
	left := &h.holds[0]
	taken := rapid.Int64Range(1, left.Remaining).Draw(t, "taken")
	c.Kind, c.Amount, c.Hold = logic.Released, taken, held(left.Remaining, left.Parts[0].Day)
	if rapid.Bool().Draw(t, "collected") {
		c.Kind, c.Captured = logic.Cleared, taken
		c.Amount += rapid.Int64Range(0, 100).Draw(t, "beyond")
	}
	left.Remaining -= taken
	left.Parts[0].Minor -= taken
	if left.Remaining == 0 {
		h.holds = h.holds[1:]
	}
}

func TestEntriesAlwaysSumToTheState(t *testing.T) {
	zone := london(t)
	rapid.Check(t, func(t *rapid.T) {
		h := history{account: logic.Account{ID: "acc_1", Currency: "GBP"}}
		now := time.UnixMilli(1_790_000_000_000).UTC()
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.Int64Range(-3_600_000, 36_000_000).Draw(t, "ms")) * time.Millisecond)
			h.step(t, logic.Moment{Now: now, London: zone})
		}
		var posted, held int64
		var last time.Time
		for i, e := range h.entries {
			posted, held = posted+e.PostedChange, held+e.HeldChange
			if e.Sequence != int64(i+1) || e.Posted != posted || e.Held != held || e.At.Before(last) {
				t.Fatalf("entry %d is %+v after posted %d, held %d, %v", i, e, posted, held, last)
			}
			last = e.At
		}
		a := h.account
		if a.Posted != posted || a.Held != held || a.OpenHolds != int64(len(h.holds)) || a.Version != int64(len(h.entries)) {
			t.Fatalf("the state %+v is not the sum of %d entries", a, len(h.entries))
		}
		if held < 0 || a.SpentToday < 0 {
			t.Fatalf("held %d, spent today %d", held, a.SpentToday)
		}
	})
}

func TestAHoldNeverTakesMoreThanThereIs(t *testing.T) {
	zone := london(t)
	rapid.Check(t, func(t *rapid.T) {
		before := logic.Account{
			Posted: rapid.Int64Range(math.MinInt64/2, math.MaxInt64/2).Draw(t, "posted"),
			Held:   rapid.Int64Range(0, math.MaxInt64/2).Draw(t, "held"),
		}
		amount := rapid.Int64Range(1, math.MaxInt64).Draw(t, "amount")
		after, entry, err := logic.Decide(before, logic.Command{Kind: logic.Held, Amount: amount}, logic.Moment{London: zone})
		if err != nil {
			t.Fatal(err)
		}
		if affordable := amount <= before.Available(); affordable != (entry.Kind == logic.Held) {
			t.Fatalf("%d of %d became %v", amount, before.Available(), entry.Kind)
		}
		if entry.Kind == logic.Declined && (after.Held != before.Held || entry.Reason != logic.InsufficientFunds) {
			t.Fatalf("a decline changed %+v to %+v for %v", before, after, entry.Reason)
		}
	})
}

func TestMoneyGoesOnlyIfThereIsEnough(t *testing.T) {
	zone := london(t)
	rapid.Check(t, func(t *rapid.T) {
		before := logic.Account{
			Posted: rapid.Int64Range(math.MinInt64/2, math.MaxInt64/2).Draw(t, "posted"),
			Held:   rapid.Int64Range(0, math.MaxInt64/2).Draw(t, "held"), Currency: "GBP",
		}
		c := logic.Command{
			Kind:   rapid.SampledFrom([]logic.Kind{logic.Paid, logic.Moved}).Draw(t, "kind"),
			Amount: rapid.Int64Range(1, math.MaxInt64).Draw(t, "amount"), Journal: "jrn_1",
		}
		now := time.UnixMilli(1_790_000_000_000).UTC()
		after, entry, err := logic.Decide(before, c, logic.Moment{Now: now, London: zone})
		if err != nil {
			t.Fatal(err)
		}
		if affordable := c.Amount <= before.Available(); affordable != (entry.Kind == c.Kind) {
			t.Fatalf("%d of %d became %v", c.Amount, before.Available(), entry.Kind)
		}
		if entry.Kind == logic.Declined && (after.Posted != before.Posted || entry.Reason != logic.InsufficientFunds) {
			t.Fatalf("a decline changed %+v to %+v for %v", before, after, entry.Reason)
		}
		if entry.Kind == c.Kind && after.Posted != before.Posted-c.Amount {
			t.Fatalf("%d went, and %d became %d", c.Amount, before.Posted, after.Posted)
		}
		spent := entry.Kind == logic.Paid
		if got := after.SpentOn(day.Of(now, zone)); (got == c.Amount) != spent || !spent && got != 0 {
			t.Fatalf("%d of %v counts as %d spent", c.Amount, entry.Kind, got)
		}
		if len(entry.Checks) != 1 || entry.Checks[0].Name != "funds" || entry.Checks[0].Before != before.Available() {
			t.Fatalf("it is explained by %+v", entry.Checks)
		}
	})
}

func TestTodaysSpendingCountsOneDayAndGivesBackItsOwnHolds(t *testing.T) {
	zone := london(t)
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	decide := func(a logic.Account, c logic.Command, at time.Time) (logic.Account, logic.Entry) {
		next, entry, err := logic.Decide(a, c, logic.Moment{Now: at, London: zone})
		if err != nil {
			t.Fatal(err)
		}
		return next, entry
	}
	a, _ := decide(logic.Account{Currency: "GBP"}, logic.Command{Kind: logic.Posted, Amount: 100_00}, noon)
	a, _ = decide(a, logic.Command{Kind: logic.Held, Amount: 10_00}, noon)
	a, _ = decide(a, logic.Command{Kind: logic.Held, Amount: 5_00}, noon)
	a, _ = decide(a, logic.Command{Kind: logic.Released, Amount: 10_00, Hold: held(10_00, 20261123)}, noon)
	if got := a.SpentOn(20261123); got != 5_00 {
		t.Fatalf("spent today: %d, want 500", got)
	}
	a, late := decide(a, logic.Command{Kind: logic.Held, Amount: 1_00}, noon.Add(24*time.Hour))
	if got := a.SpentOn(20261124); got != 1_00 || a.SpentOn(20261123) != 0 {
		t.Fatalf("spent the next day: %d, want 100", got)
	}
	a, _ = decide(a, logic.Command{Kind: logic.Released, Amount: 5_00, Hold: held(5_00, 20261123)}, late.At)
	if got := a.SpentOn(20261124); got != 1_00 {
		t.Fatalf("a release of yesterday's hold changed today's spending to %d", got)
	}
}

func TestPostingBeyondInt64IsRefusedAndChangesNothing(t *testing.T) {
	before := logic.Account{Posted: math.MaxInt64, Currency: "GBP"}
	after, _, err := logic.Decide(before, logic.Command{Kind: logic.Posted, Amount: 1}, logic.Moment{London: london(t)})
	if !errs.Is(err, errs.BadRequest) || after.Posted != before.Posted || after.Version != before.Version {
		t.Fatalf("got %+v, %v", after, err)
	}
}
