package logic_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"farthing/pkg/day"
	"farthing/service.balance/logic"
)

const today day.Day = 20261123

// till is one purchase with cash beside it, and what became of it.
type till struct {
	account logic.Account
	hold    logic.Hold
	moment  logic.Moment
}

func newTill(t testing.TB, amount, cashback int64) *till {
	t.Helper()
	s := &till{
		account: logic.Account{ID: "acc_1", Currency: "GBP", Posted: 1_000_00},
		moment:  logic.Moment{Now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), London: london(t)},
	}
	s.decide(t, logic.Command{
		Kind: logic.Held, Amount: amount, Control: logic.Control{Set: "ctl_1", Cashback: cashback},
	})
	s.hold = logic.Hold{
		Remaining: amount, Parts: []logic.Part{{Day: today, Minor: amount, Cash: cashback}}, ControlSet: "ctl_1",
	}
	return s
}

func (s *till) decide(t testing.TB, c logic.Command) logic.Entry {
	t.Helper()
	next, entry, err := logic.Decide(s.account, c, s.moment)
	if err != nil {
		t.Fatal(err)
	}
	s.account = next
	return entry
}

func (s *till) wantCounted(t testing.TB, day, cash int64) {
	t.Helper()
	if c := s.account.Counters[0]; c.Day.Minor != day || c.CashDay.Minor != cash {
		t.Errorf("%d were spent today, %d of it as cash, want %d and %d", c.Day.Minor, c.CashDay.Minor, day, cash)
	}
}

func TestWhatIsGivenBackOfAPurchaseIsOfItsGoodsFirst(t *testing.T) {
	for _, c := range []struct{ back, day, cash int64 }{
		{10_00, 40_00, 20_00}, {30_00, 20_00, 20_00}, {35_00, 15_00, 15_00}, {50_00, 0, 0},
	} {
		s := newTill(t, 50_00, 20_00)
		s.decide(t, logic.Command{Kind: logic.Released, Amount: c.back, Hold: s.hold})
		s.wantCounted(t, c.day, c.cash)
	}
}

// A merchant who collects less than was held has handed out the cash: the rest that is given back is of the goods.
func TestWhatIsCollectedOfAPurchaseIsOfItsCashFirst(t *testing.T) {
	s := newTill(t, 50_00, 20_00)
	s.decide(t, logic.Command{Kind: logic.Cleared, Amount: 45_00, Captured: 45_00, Hold: s.hold})
	left := logic.Hold{
		Remaining: 5_00, Parts: []logic.Part{{Day: today, Minor: 5_00}}, ControlSet: "ctl_1",
	}
	s.decide(t, logic.Command{Kind: logic.Released, Amount: 5_00, Hold: left})
	s.wantCounted(t, 45_00, 20_00)
}

// Of a purchase with cash beside it all is held, or the goods alone, or nothing: never some of the cash.
func TestAPartOfAPurchaseWithCashIsItsGoodsOrNothing(t *testing.T) {
	zone := london(t)
	rapid.Check(t, func(t *rapid.T) {
		a := logic.Account{Currency: "GBP", Posted: rapid.Int64Range(-10, 120).Draw(t, "posted")}
		amount := rapid.Int64Range(1, 100).Draw(t, "amount")
		cashback := rapid.Int64Range(0, amount).Draw(t, "cashback")
		after, e, err := logic.Decide(a, logic.Command{
			Kind: logic.Held, Amount: amount, Partial: true, Control: logic.Control{Set: "ctl_1", Cashback: cashback},
		}, logic.Moment{London: zone})
		if err != nil {
			t.Fatal(err)
		}
		goods, wanted, wantedCash := amount-cashback, int64(0), int64(0)
		switch {
		case amount <= a.Posted:
			wanted, wantedCash = amount, cashback
		case cashback == 0:
			wanted = max(a.Posted, 0)
		case goods <= a.Posted:
			wanted = goods
		}
		if e.HeldChange != wanted || wanted > 0 && e.Cashback != wantedCash {
			t.Fatalf("of %d with %d of cash, %d being there, %d are held with %d", amount, cashback, a.Posted, e.HeldChange,
				e.Cashback)
		}
		if wanted > 0 && after.Counters[0].CashDay.Minor != wantedCash {
			t.Fatalf("%+v, want %d of cash", after.Counters, wantedCash)
		}
	})
}
