package world

import (
	"encoding/json"
	"net/url"
	"slices"
	"testing"

	bookaudit "farthing/pkg/audit"
)

// WantSound audits the ledger, all that moves money against it and against what the customer sees and was told, and the
// bank's own accounts against both. Nobody may write meanwhile.
func (w *World) WantSound(t testing.TB) {
	t.Helper()
	if wrong := w.Unsound(t); len(wrong) > 0 {
		t.Errorf("the books have faults: %+v", wrong)
	}
}

// Unsound are the faults that WantSound must not find.
func (w *World) Unsound(t testing.TB) []bookaudit.Fault {
	t.Helper()
	accounts := w.audited(t, "/audit/accounts")
	journals := w.audited(t, "/audit/journals")
	if accounts.Checked == 0 || journals.Checked == 0 {
		t.Errorf("audited were %d accounts and %d journals", accounts.Checked, journals.Checked)
	}
	var because bookaudit.Page
	for _, path := range []string{"/audit/payments", "/audit/bank-payments", "/audit/pots"} {
		because.Add(w.audited(t, path))
	}
	if because.Checked == 0 {
		t.Error("there was no payment and no pot")
	}
	told := slices.Concat(w.Faults(t, "/audit/feeds"), w.Faults(t, "/audit/pushes")) // There may be neither.
	if wrong := accounts.Unbalanced(); len(wrong) > 0 {
		t.Errorf("all accounts together have %v", accounts.Posted)
	}
	return slices.Concat(accounts.Faults, journals.Faults, because.Faults, told,
		bookaudit.Disagreement(bookaudit.Gaps(accounts.Own, because.Own)))
}

func (w *World) audited(t testing.TB, path string) bookaudit.Page {
	t.Helper()
	var whole bookaudit.Page
	for {
		var page bookaudit.Page
		answer := w.Admin(t, path+"?limit=100&after="+url.QueryEscape(whole.Next))
		if err := json.Unmarshal([]byte(answer), &page); err != nil {
			t.Fatalf("%s answers %s", path, answer)
		}
		if whole.Add(page); whole.Next == "" {
			return whole
		}
	}
}

// Faults is what an audit at a path of the admin door finds.
func (w *World) Faults(t testing.TB, path string) []bookaudit.Fault {
	t.Helper()
	return w.audited(t, path).Faults
}

// Own is what the bank's own accounts have, by name and currency.
func (w *World) Own(t testing.TB) map[string]int64 {
	t.Helper()
	return w.audited(t, "/audit/accounts").Own
}
