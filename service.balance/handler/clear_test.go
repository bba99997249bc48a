package handler

import (
	"fmt"
	"sync"
	"testing"

	"farthing/pkg/errs"
	balanceproto "farthing/service.balance/proto"
)

// clear collects, of a hold's n-th change unless there is none, and answers what the account then has.
func (b *bank) clear(t *testing.T, clearingID string, minor int64, hold string, change, captured int64) int64 {
	t.Helper()
	req := b.clearing(clearingID, minor)
	if hold != "" {
		req.Capture = &balanceproto.Capture{HoldId: hold, Change: change, Amount: pounds(captured)}
	}
	rsp, err := b.Clear(t.Context(), req)
	if err != nil {
		t.Fatalf("clearing: %v", err)
	}
	return rsp.GetBalance().GetMinor()
}

func (b *bank) clearing(clearingID string, minor int64) *balanceproto.ClearRequest {
	return &balanceproto.ClearRequest{
		AccountId: b.account, ClearingId: clearingID, Scheme: "mastercard", Amount: pounds(minor),
	}
}

func (b *bank) balance(t *testing.T) *balanceproto.GetBalanceResponse {
	t.Helper()
	rsp, err := b.GetBalance(t.Context(), &balanceproto.GetBalanceRequest{AccountId: b.account})
	if err != nil {
		t.Fatal(err)
	}
	return rsp
}

func TestAClearingTakesTheMoneyAndFreesWhatWasHeldForIt(t *testing.T) {
	for _, c := range []struct {
		name                        string
		minor, captured             int64
		available, held, spentToday int64
	}{
		{"exact", 8_00, 8_00, 12_00, 0, 8_00},
		{"below, more to come", 5_00, 5_00, 12_00, 3_00, 8_00},
		{"above", 9_50, 8_00, 10_50, 0, 9_50},
		{"without a hold", 3_00, 0, 9_00, 8_00, 11_00},
		{"without a hold, beyond what there is", 30_00, 0, -18_00, 8_00, 38_00},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, hold := newBank(t, 20_00), holdNamed("h", 1)
			b.hold(t, hold, 8_00)
			of := hold
			if c.captured == 0 {
				of = ""
			}
			for range 2 { // A repeat changes nothing.
				if got := b.clear(t, "c1", c.minor, of, 1, c.captured); got != c.available {
					t.Fatalf("available: %d, want %d", got, c.available)
				}
			}
			got := b.balance(t)
			if got.GetHeld().GetMinor() != c.held || got.GetSpendToday().GetMinor() != -c.spentToday {
				t.Errorf("held %d, spent %d, want %d and %d",
					got.GetHeld().GetMinor(), -got.GetSpendToday().GetMinor(), c.held, c.spentToday)
			}
			if open := map[bool]int64{true: 1, false: 0}[c.held > 0]; got.GetOpenHolds() != open {
				t.Errorf("%d open holds, want %d", got.GetOpenHolds(), open)
			}
			b.sound(t)
		})
	}
}

func TestARefundComesBackOnce(t *testing.T) {
	b := newBank(t, 1_00)
	refund := &balanceproto.RefundRequest{
		AccountId: b.account, ClearingId: "r1", Scheme: "mastercard", Amount: pounds(5_00),
	}
	for range 2 {
		if rsp, err := b.Refund(t.Context(), refund); err != nil || rsp.GetBalance().GetMinor() != 6_00 {
			t.Fatalf("refunding: %v, %v", rsp, err)
		}
	}
	if _, err := b.Clear(t.Context(), b.clearing("r1", 5_00)); !errs.Is(err, "conflict.clearing_id") {
		t.Errorf("clearing under a refund's id: %v", err)
	}
	b.sound(t)
}

func TestARefundIsTakenBackOnceWhateverThereIsAndIsNoSpending(t *testing.T) {
	b := newBank(t, 1_00)
	refund := &balanceproto.RefundRequest{
		AccountId: b.account, ClearingId: "r1", Scheme: "mastercard", Amount: pounds(5_00),
	}
	if _, err := b.Refund(t.Context(), refund); err != nil {
		t.Fatal(err)
	}
	b.hold(t, holdNamed("h", 1), 6_00) // The refund is spent.
	back := &balanceproto.ReverseRefundRequest{
		AccountId: b.account, ClearingId: "u1", Scheme: "mastercard", Amount: pounds(5_00),
	}
	for range 2 {
		if rsp, err := b.ReverseRefund(t.Context(), back); err != nil || rsp.GetBalance().GetMinor() != -5_00 {
			t.Fatalf("taking it back: %v, %v", rsp, err)
		}
	}
	state, err := b.GetBalance(t.Context(), &balanceproto.GetBalanceRequest{AccountId: b.account})
	if err != nil || state.GetSpendToday().GetMinor() != -6_00 || state.GetPosted().GetMinor() != 1_00 {
		t.Errorf("the account has %v, %v", state, err)
	}
	back.ClearingId = "r1"
	if rsp, err := b.ReverseRefund(t.Context(), back); !errs.Is(err, "conflict.clearing_id") {
		t.Errorf("under the refund's own id: %v, %v", rsp, err)
	}
	back.Scheme = ""
	if rsp, err := b.ReverseRefund(t.Context(), back); !errs.Is(err, "bad_request.bad_param.scheme") {
		t.Errorf("without a scheme: %v, %v", rsp, err)
	}
	b.sound(t)
}

func TestWhatCannotBeClearedIsRefusedAndChangesNothing(t *testing.T) {
	b, hold := newBank(t, 20_00), holdNamed("h", 1)
	b.hold(t, hold, 8_00)
	entries := len(b.entries(t))
	capture := func(of string, change, minor int64) *balanceproto.Capture {
		return &balanceproto.Capture{HoldId: of, Change: change, Amount: pounds(minor)}
	}
	for code, spoil := range map[string]func(*balanceproto.ClearRequest){
		"bad_request.missing_param.account_id":  func(r *balanceproto.ClearRequest) { r.AccountId = "" },
		"bad_request.missing_param.clearing_id": func(r *balanceproto.ClearRequest) { r.ClearingId = "" },
		"bad_request.bad_param.scheme":          func(r *balanceproto.ClearRequest) { r.Scheme = "Visa 1" },
		"bad_request.bad_param.amount":          func(r *balanceproto.ClearRequest) { r.Amount = pounds(0) },
		"bad_request.bad_param.amount.currency": func(r *balanceproto.ClearRequest) { r.Amount.Currency = "EUR" },
		"bad_request.bad_param.capture.amount":  func(r *balanceproto.ClearRequest) { r.Capture = capture(hold, 1, 8_01) },
		"bad_request.bad_param.capture.hold_id": func(r *balanceproto.ClearRequest) { r.Capture = capture("x", 1, 1) },
		"bad_request.bad_param.change":          func(r *balanceproto.ClearRequest) { r.Capture = capture(hold, 0, 1) },
		"precondition_failed.hold":              func(r *balanceproto.ClearRequest) { r.Capture = capture(hold, 2, 1) },
		"not_found.account":                     func(r *balanceproto.ClearRequest) { r.AccountId = b.ids.New("acc") },
	} {
		req := b.clearing(code, 8_00)
		spoil(req)
		if rsp, err := b.Clear(t.Context(), req); !errs.Is(err, code) {
			t.Errorf("got %v, %v, want %s", rsp, err, code)
		}
	}
	more := b.clearing("more", 9_00)
	more.Capture = capture(hold, 1, 8_50)
	if rsp, err := b.Clear(t.Context(), more); !errs.Is(err, "precondition_failed.hold") {
		t.Errorf("capturing more than was held: %v, %v", rsp, err)
	}
	if got := len(b.entries(t)); got != entries {
		t.Errorf("%d entries, there were %d", got, entries)
	}
	b.sound(t)
}

// Releases and collections of one hold race for its numbers: each number is used once, and all goes out or comes back.
func TestRacesForAHoldsChangesNeverTakeItTwice(t *testing.T) {
	b, hold := newBank(t, 20_00), holdNamed("h", 1)
	b.hold(t, hold, 10_00)
	var racers sync.WaitGroup
	for n := range 8 {
		racers.Go(func() {
			for change := int64(1); change <= 10; change++ {
				if n%2 == 0 {
					_, _ = b.Release(t.Context(), &balanceproto.ReleaseRequest{
						AccountId: b.account, HoldId: hold, Change: change, Amount: pounds(1_00),
					})
					continue
				}
				req := b.clearing(fmt.Sprint("c", n, "/", change), 1_00)
				req.Capture = &balanceproto.Capture{HoldId: hold, Change: change, Amount: pounds(1_00)}
				_, _ = b.Clear(t.Context(), req)
			}
		})
	}
	racers.Wait()
	if got := b.balance(t); got.GetHeld().GetMinor() != 0 || got.GetOpenHolds() != 0 {
		t.Errorf("the account is left with %v", got)
	}
	b.rollForward(t) // What lost.
	b.sound(t)
}
