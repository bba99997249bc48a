package handler

import (
	"sync"
	"testing"

	"farthing/pkg/errs"
	"farthing/pkg/store/faults"
	balanceproto "farthing/service.balance/proto"
)

// release gives a hold back as its n-th change, all that is left for 0, and answers what the account then has.
func (b *bank) release(t *testing.T, hold string, change, minor int64) int64 {
	t.Helper()
	req := &balanceproto.ReleaseRequest{AccountId: b.account, HoldId: hold, Change: change}
	if minor > 0 {
		req.Amount = pounds(minor)
	}
	rsp, err := b.Release(t.Context(), req)
	if err != nil {
		t.Errorf("releasing: %v", err)
	}
	return rsp.GetBalance().GetMinor()
}

func (b *bank) hold(t *testing.T, hold string, minor int64) {
	t.Helper()
	if rsp, err := b.reserve(t.Context(), hold, minor); err != nil || !approved(rsp) {
		t.Fatalf("reserving: %v, %v", rsp, err)
	}
}

func (b *bank) settle(t *testing.T, hold string, change int64) *balanceproto.SettleHoldResponse {
	t.Helper()
	rsp, err := b.SettleHold(t.Context(), &balanceproto.SettleHoldRequest{
		AccountId: b.account, HoldId: hold, Change: change, Reason: balanceproto.DeclineReason_DECLINE_REASON_REVERSED,
	})
	if err != nil {
		t.Fatalf("settling: %v", err)
	}
	return rsp
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
	b.hold(t, holdNamed("h", 1), 8_00)
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() { b.release(t, holdNamed("h", 1), 1, 0) })
	}
	group.Wait()
	if got := b.available(t); got != 10_00 {
		t.Fatalf("available: %d, want 1000", got)
	}
}

func TestAReversalBeforeItsAuthorisationKeepsItOut(t *testing.T) {
	b := newBank(t, 10_00)
	reversed := balanceproto.DeclineReason_DECLINE_REASON_REVERSED
	if rsp := b.settle(t, holdNamed("h", 1), 0); rsp.GetDeclineReason() != reversed || rsp.GetAmount().GetMinor() != 0 {
		t.Fatalf("settling a hold that was never made: %v", rsp)
	}
	rsp, err := b.reserve(t.Context(), holdNamed("h", 1), 8_00)
	if err != nil || approved(rsp) || rsp.GetDeclineReason() != reversed {
		t.Fatalf("reserving after the reversal: %v, %v", rsp, err)
	}
	if got := b.available(t); got != 10_00 {
		t.Fatalf("available: %d, want 1000", got)
	}
}

func TestAnUnansweredHoldIsEitherConfirmedOrDisowned(t *testing.T) {
	for range 20 {
		b := newBank(t, 10_00)
		b.hold(t, holdNamed("h", 1), 8_00)
		var group sync.WaitGroup
		var repeat *balanceproto.ReserveResponse
		var disowned *balanceproto.DisownResponse
		group.Go(func() { repeat, _ = b.reserve(t.Context(), holdNamed("h", 1), 8_00) })
		group.Go(func() {
			disowned, _ = b.Disown(t.Context(), &balanceproto.DisownRequest{
				AccountId: b.account, HoldId: holdNamed("h", 1),
			})
		})
		group.Wait()
		if approved(repeat) == disowned.GetDisowned() {
			t.Fatalf("the repeat was approved: %v, the hold disowned: %v", approved(repeat), disowned.GetDisowned())
		}
	}
}

func TestAHoldChangesInNumberedStepsAndNeverGivesMoreThanItHas(t *testing.T) {
	b, hold := newBank(t, 10_00), holdNamed("h", 1)
	b.hold(t, hold, 4_00)
	if got := b.release(t, hold, 1, 1_00); got != 7_00 {
		t.Fatalf("available after a partial release: %d, want 700", got)
	}
	extend := &balanceproto.ExtendRequest{AccountId: b.account, HoldId: hold, Change: 2, Amount: pounds(2_00)}
	for range 2 { // A repeat changes nothing.
		if rsp, err := b.Extend(t.Context(), extend); err != nil || rsp.GetBalance().GetMinor() != 5_00 {
			t.Fatalf("extending: %v, %v", rsp, err)
		}
	}
	tooMuch := &balanceproto.ExtendRequest{AccountId: b.account, HoldId: hold, Change: 3, Amount: pounds(5_01)}
	rsp, err := b.Extend(t.Context(), tooMuch)
	if err != nil || rsp.GetDeclineReason() != balanceproto.DeclineReason_DECLINE_REASON_INSUFFICIENT_FUNDS {
		t.Fatalf("extending beyond what there is: %v, %v", rsp, err)
	}
	for code, req := range map[string]*balanceproto.ReleaseRequest{
		"precondition_failed.hold":     {Change: 4, Amount: pounds(5_01)}, // More than is left.
		"conflict.change":              {Change: 1, Amount: pounds(2_00)}, // Was of another amount.
		"bad_request.bad_param.change": {Change: 0},
	} {
		req.AccountId, req.HoldId = b.account, hold
		if rsp, err := b.Release(t.Context(), req); !errs.Is(err, code) {
			t.Errorf("releasing %v: %v, %v, want %s", req, rsp, err, code)
		}
	}
	gap := &balanceproto.ReleaseRequest{AccountId: b.account, HoldId: hold, Change: 6}
	if rsp, err := b.Release(t.Context(), gap); !errs.Is(err, "precondition_failed.hold") {
		t.Errorf("releasing out of turn: %v, %v", rsp, err)
	}
	if got := b.release(t, hold, 4, 0); got != 10_00 {
		t.Fatalf("available after the whole release: %d, want 1000", got)
	}
	b.sound(t)
}

func TestAChangeThatNeverWasIsFencedOrFound(t *testing.T) {
	b, hold := newBank(t, 10_00), holdNamed("h", 1)
	b.hold(t, hold, 4_00)
	if rsp := b.settle(t, hold, 1); rsp.GetOutcome() != balanceproto.Outcome_OUTCOME_DECLINED {
		t.Fatalf("settling a change that never was: %v", rsp)
	}
	extend := &balanceproto.ExtendRequest{AccountId: b.account, HoldId: hold, Change: 1, Amount: pounds(1_00)}
	rsp, err := b.Extend(t.Context(), extend)
	if err != nil || rsp.GetOutcome() != balanceproto.Outcome_OUTCOME_DECLINED {
		t.Fatalf("extending after the fence: %v, %v", rsp, err)
	}
	extend.Change = 2
	if _, err := b.Extend(t.Context(), extend); err != nil {
		t.Fatalf("extending: %v", err)
	}
	if rsp := b.settle(t, hold, 2); rsp.GetAmount().GetMinor() != 1_00 {
		t.Fatalf("settling a change that was made: %v", rsp)
	}
	b.sound(t)
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
	b.rollForward(t)
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
