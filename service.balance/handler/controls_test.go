package handler

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/errs"
	balanceproto "farthing/service.balance/proto"
)

const (
	daily   = balanceproto.Window_WINDOW_DAY
	week    = balanceproto.Window_WINDOW_WEEK
	month   = balanceproto.Window_WINDOW_MONTH
	cashDay = balanceproto.Window_WINDOW_CASH_DAY
	payment = balanceproto.Window_WINDOW_PAYMENT
)

func limit(w balanceproto.Window, minor int64) *balanceproto.Limit {
	return &balanceproto.Limit{Window: w, Minor: minor}
}

// under is the same request under a control.
func (b *bank) under(hold string, minor int64, limits ...*balanceproto.Limit) *balanceproto.ReserveRequest {
	return &balanceproto.ReserveRequest{
		AccountId: b.account, HoldId: hold, Amount: pounds(minor), TransactionId: b.ids.New("tx"),
		Control: &balanceproto.Control{
			SetId: "ctl_1", Limits: limits,
			Checks: []*balanceproto.Check{{
				Name: "card_active", Verdict: balanceproto.Verdict_VERDICT_PASSED, Input: "ACTIVE",
			}},
		},
	}
}

// controlled makes a hold within a day's limit, and is declined another one beyond it.
func (b *bank) controlled(t *testing.T, minor int64) {
	t.Helper()
	for n, want := range []bool{true, false} {
		rsp, err := b.Reserve(t.Context(), b.under(holdNamed("limited", n), minor, limit(daily, minor)))
		if err != nil || approved(rsp) != want {
			t.Fatalf("reserving: %v, %v", rsp, err)
		}
	}
}

func (b *bank) explained(t *testing.T, hold string) *balanceproto.ExplainResponse {
	t.Helper()
	rsp, err := b.Explain(t.Context(), &balanceproto.ExplainRequest{AccountId: b.account, HoldId: hold})
	if err != nil {
		t.Fatalf("explaining: %v", err)
	}
	return rsp
}

func TestEachLimitDeclinesByItsNameAndExplainsItself(t *testing.T) {
	for window, want := range map[balanceproto.Window]struct {
		reason balanceproto.DeclineReason
		name   string
		before int64
	}{
		payment: {balanceproto.DeclineReason_DECLINE_REASON_LIMIT_PAYMENT, "limit_payment", 0},
		daily:   {balanceproto.DeclineReason_DECLINE_REASON_LIMIT_DAY, "limit_day", 4_00},
		week:    {balanceproto.DeclineReason_DECLINE_REASON_LIMIT_WEEK, "limit_week", 4_00},
		month:   {balanceproto.DeclineReason_DECLINE_REASON_LIMIT_MONTH, "limit_month", 4_00},
		cashDay: {balanceproto.DeclineReason_DECLINE_REASON_LIMIT_CASH_DAY, "limit_cash_day", 4_00},
	} {
		b := newBank(t, 100_00)
		first, second := b.under(holdNamed("h", 1), 4_00), b.under(holdNamed("h", 2), 7_00, limit(window, 6_99))
		first.Control.Cash, second.Control.Cash = true, true
		if rsp, err := b.Reserve(t.Context(), first); err != nil || !approved(rsp) {
			t.Fatalf("reserving: %v, %v", rsp, err)
		}
		rsp, err := b.Reserve(t.Context(), second)
		if err != nil || rsp.GetDeclineReason() != want.reason {
			t.Errorf("beyond %v: %v, %v", window, rsp, err)
		}
		got := b.explained(t, holdNamed("h", 2))
		wanted := []*balanceproto.Check{
			{Name: "card_active", Verdict: balanceproto.Verdict_VERDICT_PASSED, Input: "ACTIVE"},
			{
				Name: want.name, Verdict: balanceproto.Verdict_VERDICT_FAILED, LimitMinor: 6_99, BeforeMinor: want.before,
				AfterMinor: want.before + 7_00,
			},
		}
		if diff := cmp.Diff(wanted, got.GetChecks(), protocmp.Transform()); diff != "" {
			t.Errorf("beyond %v it is explained otherwise:\n%s", window, diff)
		}
		b.sound(t)
	}
}

func TestWhatIsGivenBackMayBeSpentAgainAndWhatIsForcedCounts(t *testing.T) {
	b := newBank(t, 100_00)
	reserve := func(n int, minor int64, spoil func(*balanceproto.ReserveRequest)) bool {
		t.Helper()
		req := b.under(holdNamed("h", n), minor, limit(daily, 10_00))
		spoil(req)
		rsp, err := b.Reserve(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		return approved(rsp)
	}
	asItIs := func(*balanceproto.ReserveRequest) {}
	if !reserve(1, 8_00, asItIs) || reserve(2, 3_00, asItIs) {
		t.Fatal("10.00 are not the limit")
	}
	b.release(t, holdNamed("h", 1), 1, 2_00)
	if !reserve(3, 4_00, asItIs) || reserve(4, 1, asItIs) {
		t.Error("what was given back cannot be spent again, or too much of it")
	}
	if !reserve(5, 1_00, func(r *balanceproto.ReserveRequest) { r.Forced = true }) || reserve(6, 1, asItIs) {
		t.Error("what was forced is not counted")
	}
	if !reserve(7, 9_00, func(r *balanceproto.ReserveRequest) { r.Control.SetId = "ctl_2" }) {
		t.Error("one set's spending counts against another's")
	}
	forced := b.explained(t, holdNamed("h", 5)).GetChecks()
	if forced[1].GetVerdict() != balanceproto.Verdict_VERDICT_OVERRIDDEN {
		t.Errorf("what was forced is explained as %v", forced)
	}
	b.sound(t)
}

func TestOfAPurchaseWithCashTheCashAloneCountsAsCash(t *testing.T) {
	b := newBank(t, 100_00)
	const cashback = balanceproto.Window_WINDOW_CASHBACK
	reserve := func(n int, minor, cash int64, limits ...*balanceproto.Limit) *balanceproto.ReserveResponse {
		t.Helper()
		req := b.under(holdNamed("h", n), minor, limits...)
		req.Control.CashbackMinor, req.AcceptPartial = cash, n == 5
		rsp, err := b.Reserve(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		return rsp
	}
	const noMoreCash = balanceproto.DeclineReason_DECLINE_REASON_LIMIT_CASH_DAY
	const tooMuch = balanceproto.DeclineReason_DECLINE_REASON_LIMIT_CASHBACK
	for range 2 { // A repeat answers the same.
		if got := reserve(1, 30_00, 10_00, limit(cashDay, 10_00)); !approved(got) || got.GetCashbackMinor() != 10_00 {
			t.Errorf("a purchase with cash: %v", got)
		}
	}
	if got := reserve(2, 30_00, 1, limit(cashDay, 10_00)); got.GetDeclineReason() != noMoreCash {
		t.Errorf("more cash than there may be in a day: %v", got)
	}
	if got := reserve(3, 30_00, 20_01, limit(cashback, 20_00)); got.GetDeclineReason() != tooMuch {
		t.Errorf("more cash than there may be beside a purchase: %v", got)
	}
	if got := reserve(4, 30_00, 0, limit(cashDay, 10_00), limit(cashback, 0)); !approved(got) {
		t.Errorf("a purchase without cash: %v", got)
	}
	if got := reserve(5, 50_00, 20_00); got.GetAmount().GetMinor() != 30_00 || got.GetCashbackMinor() != 0 {
		t.Errorf("a purchase with more cash than there is: %v", got)
	}
	b.release(t, holdNamed("h", 1), 1, 25_00)
	if got := reserve(6, 5_01, 5_00, limit(cashDay, 10_00)); !approved(got) {
		t.Errorf("after some of the cash came back: %v", got)
	}
	b.sound(t)
}

// However many swipe at once, a limit is never exceeded, and is used up.
func TestAThousandSwipesAtOnceNeverExceedALimit(t *testing.T) {
	b := newBank(t, 10_000_00)
	var group sync.WaitGroup
	var held atomic.Int64
	for n := range 1_000 {
		group.Go(func() {
			rsp, err := b.Reserve(t.Context(), b.under(holdNamed("h", n), 3_00, limit(daily, 100_00)))
			if err != nil {
				t.Errorf("reserving: %v", err)
			}
			held.Add(rsp.GetAmount().GetMinor())
		})
	}
	group.Wait()
	if held.Load() != 99_00 {
		t.Errorf("%d were held of a limit of 10000", held.Load())
	}
	b.sound(t)
}

func TestAControlThatContradictsItselfIsRefused(t *testing.T) {
	b := newBank(t, 10_00)
	failed := &balanceproto.Check{Name: "card_active", Verdict: balanceproto.Verdict_VERDICT_FAILED}
	for field, spoil := range map[string]func(*balanceproto.ReserveRequest){
		"control.checks": func(r *balanceproto.ReserveRequest) { r.Control.Checks[0] = failed },
		"control.limits": func(r *balanceproto.ReserveRequest) { r.Control.Limits[0].Minor = -1 },
		"control.set_id": func(r *balanceproto.ReserveRequest) { r.Control.SetId = "" },
		"control.cashback_minor": func(r *balanceproto.ReserveRequest) {
			r.Control.CashbackMinor = r.GetAmount().GetMinor() + 1
		},
		"control.cashback_minor: both": func(r *balanceproto.ReserveRequest) {
			r.Control.CashbackMinor, r.Control.Cash = 1, true
		},
		"control.cashback_minor: negative": func(r *balanceproto.ReserveRequest) { r.Control.CashbackMinor = -1 },
	} {
		req := b.under(holdNamed("h", 1), 1_00, limit(daily, 1))
		spoil(req)
		if rsp, err := b.Reserve(t.Context(), req); !errs.Is(err, errs.BadRequest) {
			t.Errorf("%s: %v, %v", field, rsp, err)
		}
	}
	req := b.under(holdNamed("h", 2), 1_00)
	req.Refusal = balanceproto.DeclineReason_DECLINE_REASON_CARD_FROZEN
	req.Control.Checks = append(req.Control.Checks, failed)
	if rsp, err := b.Reserve(t.Context(), req); err != nil || rsp.GetDeclineReason() != req.GetRefusal() {
		t.Errorf("a refusal with its check: %v, %v", rsp, err)
	}
	if got := b.explained(t, holdNamed("h", 2)).GetChecks(); len(got) != 2 {
		t.Errorf("a refusal is explained by %v", got)
	}
}
