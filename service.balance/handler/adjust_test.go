package handler

import (
	"testing"

	"farthing/pkg/audit"
	"farthing/pkg/errs"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.balance/storage"
)

func own(account balanceproto.OwnAccount) *balanceproto.Place {
	place := &balanceproto.Place{Own: account}
	if account == balanceproto.OwnAccount_OWN_ACCOUNT_SETTLEMENT {
		place.Scheme = "mastercard"
	}
	return place
}

func (b *bank) adjustment(id string, minor int64) *balanceproto.AdjustRequest {
	return &balanceproto.AdjustRequest{
		AdjustmentId: id, Amount: pounds(minor), From: own(balanceproto.OwnAccount_OWN_ACCOUNT_DISPUTES),
		To: &balanceproto.Place{AccountId: b.account},
	}
}

// owned is what the bank's own accounts have, by name and currency, as an audit sees them.
func (b *bank) owned(t *testing.T) map[string]int64 {
	t.Helper()
	a := auditor{books: storage.NewBooks(b.accounts, storage.NewJournals(b.keyspace))}
	page, err := a.accounts(t.Context(), window{audit.Window{Limit: 200}, 0})
	if err != nil {
		t.Fatal(err)
	}
	return page.Own
}

func TestAnAdjustmentMovesMoneyOnceWhateverThereIs(t *testing.T) {
	b := newBank(t, 1_00)
	back := b.adjustment("lost", 5_00)
	back.From, back.To = back.GetTo(), back.GetFrom()
	for _, step := range []struct {
		req                 *balanceproto.AdjustRequest
		available, disputes int64
	}{
		{b.adjustment("credit", 5_00), 6_00, -5_00},
		{b.adjustment("credit", 5_00), 6_00, -5_00}, // A repeat.
		{back, 1_00, 0},
	} {
		rsp, err := b.Adjust(t.Context(), step.req)
		if err != nil || rsp.GetBalance().GetMinor() != step.available {
			t.Fatalf("%s came to %v, %v", step.req.GetAdjustmentId(), rsp, err)
		}
		if got := b.owned(t)["disputes GBP"]; got != step.disputes {
			t.Errorf("after %s the disputes account has %d, want %d", step.req.GetAdjustmentId(), got, step.disputes)
		}
	}
	back.AdjustmentId, back.Amount = "overdraws", pounds(7_00)
	if rsp, err := b.Adjust(t.Context(), back); err != nil || rsp.GetBalance().GetMinor() != -6_00 {
		t.Errorf("taking more than there is came to %v, %v", rsp, err)
	}
	b.sound(t)
}

func TestAnAdjustmentBetweenTheBanksOwnAccountsIsNobodysBalance(t *testing.T) {
	b := newBank(t, 0)
	req := b.adjustment("suspended", 9_00)
	req.From = own(balanceproto.OwnAccount_OWN_ACCOUNT_SUSPENSE)
	req.To = own(balanceproto.OwnAccount_OWN_ACCOUNT_SETTLEMENT)
	for range 2 {
		rsp, err := b.Adjust(t.Context(), req)
		if err != nil || rsp.GetBalance() != nil || rsp.GetJournalId() == "" {
			t.Fatalf("adjusting: %v, %v", rsp, err)
		}
	}
	if got := b.owned(t); got["suspense GBP"] != -9_00 || got["settlement_mastercard GBP"] != 9_00 {
		t.Errorf("the bank's own accounts have %v", got)
	}
	b.sound(t)
}

func TestWhatCannotBeAdjustedIsRefusedAndChangesNothing(t *testing.T) {
	b := newBank(t, 1_00)
	const (
		settlement = balanceproto.OwnAccount_OWN_ACCOUNT_SETTLEMENT
		disputes   = balanceproto.OwnAccount_OWN_ACCOUNT_DISPUTES
	)
	entries := len(b.entries(t))
	for code, spoil := range map[string]func(*balanceproto.AdjustRequest){
		"bad_request.missing_param.adjustment_id": func(r *balanceproto.AdjustRequest) { r.AdjustmentId = "" },
		"bad_request.missing_param.from":          func(r *balanceproto.AdjustRequest) { r.From = nil },
		"bad_request.bad_param.to":                func(r *balanceproto.AdjustRequest) { r.To = own(disputes) },
		"bad_request.bad_param.from.own":          func(r *balanceproto.AdjustRequest) { r.From.Own = 99 },
		"bad_request.bad_param.from.scheme":       func(r *balanceproto.AdjustRequest) { r.From.Own = settlement },
		"bad_request.bad_param.to.account_id":     func(r *balanceproto.AdjustRequest) { r.To.AccountId = "acc_internal_x" },
		"bad_request.bad_param.to.own":            func(r *balanceproto.AdjustRequest) { r.To.Own = disputes },
		"bad_request.bad_param.amount":            func(r *balanceproto.AdjustRequest) { r.Amount = pounds(0) },
		"bad_request.bad_param.amount.currency":   func(r *balanceproto.AdjustRequest) { r.Amount.Currency = "EUR" },
		"not_found.account":                       func(r *balanceproto.AdjustRequest) { r.To.AccountId = b.ids.New("acc") },
	} {
		req := b.adjustment(code, 5_00)
		spoil(req)
		if rsp, err := b.Adjust(t.Context(), req); !errs.Is(err, code) {
			t.Errorf("got %v, %v, want %s", rsp, err, code)
		}
	}
	if _, err := b.Adjust(t.Context(), b.adjustment("one", 5_00)); err != nil {
		t.Fatal(err)
	}
	if rsp, err := b.Adjust(t.Context(), b.adjustment("one", 6_00)); !errs.Is(err, "conflict.adjustment_id") {
		t.Errorf("another body under the same id: %v, %v", rsp, err)
	}
	if got := len(b.entries(t)); got != entries+1 {
		t.Errorf("%d entries, there were %d", got, entries)
	}
	b.sound(t)
}
