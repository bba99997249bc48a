package handler

import (
	"sync"
	"testing"

	"farthing/pkg/errs"
	"farthing/pkg/store/faults"
	balanceproto "farthing/service.balance/proto"
)

func (b *bank) release(t *testing.T, hold string, ifUnanswered bool) bool {
	t.Helper()
	rsp, err := b.Release(t.Context(), &balanceproto.ReleaseRequest{
		AccountId: b.account, HoldId: hold, IfUnanswered: ifUnanswered,
	})
	if err != nil {
		t.Errorf("releasing: %v", err)
	}
	return rsp.GetReleased()
}

func (b *bank) available(t *testing.T) int64 {
	t.Helper()
	b.entries(t)
	rsp, err := b.GetBalance(t.Context(), &balanceproto.GetBalanceRequest{AccountId: b.account})
	if err != nil {
		t.Fatalf("reading the balance: %v", err)
	}
	return rsp.GetAvailable().GetMinor()
}

func TestAHoldIsReleasedOnceHoweverOftenItIsAsked(t *testing.T) {
	b := newBank(t, 10_00)
	if rsp, err := b.reserve(t.Context(), holdNamed("h", 1), 8_00); err != nil || !approved(rsp) {
		t.Fatalf("reserving: %v, %v", rsp, err)
	}
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() { b.release(t, holdNamed("h", 1), false) })
	}
	group.Wait()
	if got := b.available(t); got != 10_00 {
		t.Fatalf("available: %d, want 1000", got)
	}
}

func TestAReversalBeforeItsAuthorisationKeepsItOut(t *testing.T) {
	b := newBank(t, 10_00)
	if b.release(t, holdNamed("h", 1), false) {
		t.Fatal("released a hold that was never made")
	}
	rsp, err := b.reserve(t.Context(), holdNamed("h", 1), 8_00)
	if err != nil || approved(rsp) || rsp.GetDeclineReason() != balanceproto.DeclineReason_DECLINE_REASON_TIMED_OUT {
		t.Fatalf("reserving after the reversal: %v, %v", rsp, err)
	}
	if got := b.available(t); got != 10_00 {
		t.Fatalf("available: %d, want 1000", got)
	}
}

func TestAnUnansweredHoldIsEitherConfirmedOrReleased(t *testing.T) {
	for range 20 {
		b := newBank(t, 10_00)
		if rsp, err := b.reserve(t.Context(), holdNamed("h", 1), 8_00); err != nil || !approved(rsp) {
			t.Fatalf("reserving: %v, %v", rsp, err)
		}
		var group sync.WaitGroup
		var repeat *balanceproto.ReserveResponse
		var released bool
		group.Go(func() { repeat, _ = b.reserve(t.Context(), holdNamed("h", 1), 8_00) })
		group.Go(func() { released = b.release(t, holdNamed("h", 1), true) })
		group.Wait()
		if approved(repeat) == released {
			t.Fatalf("the repeat was approved: %v, the hold released: %v", approved(repeat), released)
		}
		if want := map[bool]int64{true: 10_00, false: 2_00}[released]; b.available(t) != want {
			t.Fatalf("available: %d, want %d", b.available(t), want)
		}
	}
}

func TestAJournalThatWasInterruptedIsRolledForward(t *testing.T) {
	b := newBank(t, 0)
	b.payIn(t, 1, "opens the funding account")
	// The journal, its first leg, and then no more.
	failing := 0
	b.pick = func(op faults.Op) faults.Fault {
		if op != faults.Apply {
			return faults.None
		}
		if failing++; failing > 3 {
			return faults.Unavailable
		}
		return faults.None
	}
	pay := &balanceproto.PayInRequest{AccountId: b.account, Amount: pounds(5_00), DedupeId: "salary"}
	if _, err := b.PayIn(t.Context(), pay); err == nil {
		t.Fatal("the payment went through without a store")
	}
	b.mend(t)
	before := b.available(t)
	if err := b.bookkeeper.RollForward(t.Context(), b.bookkeeper.Clock.Now().Add(-lookBack)); err != nil {
		t.Fatalf("rolling forward: %v", err)
	}
	if got := b.available(t); before != 1 || got != 5_01 {
		t.Fatalf("available: %d, then %d, want 1, then 501", before, got)
	}
	if _, err := b.PayIn(t.Context(), pay); err != nil { // A repeat of what the sweeper finished.
		t.Fatalf("repeating: %v", err)
	}
	pay.Amount = pounds(6_00)
	if _, err := b.PayIn(t.Context(), pay); !errs.Is(err, "conflict.dedupe_id") {
		t.Fatalf("another payment under the same id: %v", err)
	}
	if got := b.available(t); got != 5_01 {
		t.Fatalf("available: %d after repeats, want 501", got)
	}
}

func TestBadRequestsNameTheFieldAndChangeNothing(t *testing.T) {
	b := newBank(t, 10_00)
	good := func() *balanceproto.ReserveRequest {
		return &balanceproto.ReserveRequest{
			AccountId: b.account, HoldId: holdNamed("h", 1), Amount: pounds(1), TransactionId: b.ids.New("tx"),
		}
	}
	for code, spoil := range map[string]func(*balanceproto.ReserveRequest){
		"bad_request.missing_param.account_id":  func(r *balanceproto.ReserveRequest) { r.AccountId = "" },
		"bad_request.missing_param.hold_id":     func(r *balanceproto.ReserveRequest) { r.HoldId = "" },
		"bad_request.bad_param.hold_id":         func(r *balanceproto.ReserveRequest) { r.HoldId = "x" },
		"bad_request.bad_param.transaction_id":  func(r *balanceproto.ReserveRequest) { r.TransactionId = "tx_1" },
		"bad_request.missing_param.amount":      func(r *balanceproto.ReserveRequest) { r.Amount = nil },
		"bad_request.bad_param.amount":          func(r *balanceproto.ReserveRequest) { r.Amount = pounds(0) },
		"bad_request.bad_param.amount.currency": func(r *balanceproto.ReserveRequest) { r.Amount.Currency = "EUR" },
		"not_found.account":                     func(r *balanceproto.ReserveRequest) { r.AccountId = b.ids.New("acc") },
	} {
		req := good()
		spoil(req)
		if rsp, err := b.Reserve(t.Context(), req); errs.Of(err) == nil || errs.Of(err).Code != code {
			t.Errorf("got %v, %v, want %s", rsp, err, code)
		}
	}
	if got := len(b.entries(t)); got != 1 {
		t.Errorf("the ledger has %d entries, want the salary alone", got)
	}
}
