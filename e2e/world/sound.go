package world

import (
	"encoding/json"
	"net/url"
	"testing"

	bookaudit "farthing/pkg/audit"
)

// WantSound audits the ledger, the payments against it and against what the customer sees and was told, and the bank's
// own accounts against both. Nobody may write meanwhile.
func (w *World) WantSound(t testing.TB) {
	t.Helper()
	found := make(map[string]bookaudit.Page)
	for _, path := range []string{"/audit/accounts", "/audit/journals", "/audit/payments"} {
		whole := w.audited(t, path)
		if len(whole.Faults) > 0 || whole.Checked == 0 {
			t.Errorf("%s has checked %d and found %v", path, whole.Checked, whole.Faults)
		}
		found[path] = whole
	}
	for _, path := range []string{"/audit/feeds", "/audit/pushes"} { // There may be none.
		if faults := w.Faults(t, path); len(faults) > 0 {
			t.Errorf("%s has found %v", path, faults)
		}
	}
	accounts := found["/audit/accounts"]
	if wrong := accounts.Unbalanced(); len(wrong) > 0 {
		t.Errorf("all accounts together have %v", accounts.Posted)
	}
	if wrong := bookaudit.Disagreement(accounts.Own, found["/audit/payments"].Own); len(wrong) > 0 {
		t.Errorf("the bank's own accounts: %v", wrong)
	}
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
