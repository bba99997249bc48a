package world

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"farthing/cmd/farthing/books"
	bookaudit "farthing/pkg/audit"
	"farthing/pkg/foundation"
	balanceproto "farthing/service.balance/proto"
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
	read, err := w.Books().Read(t.Context())
	must(t, "auditing", err)
	if read.Accounts.Checked == 0 || read.Journals.Checked == 0 {
		t.Errorf("audited were %d accounts and %d journals", read.Accounts.Checked, read.Journals.Checked)
	}
	if read.Payments.Checked+read.BankPayments.Checked+read.Pots.Checked == 0 {
		t.Error("there was no payment and no pot")
	}
	return append(read.Faults(), books.Faults(read.Gaps())...)
}

// Books are the bank's.
func (w *World) Books() books.Books {
	return books.Books{Ask: func(ctx context.Context, path string) (page bookaudit.Page, err error) {
		answer, err := w.Ask(ctx, foundation.Admin, http.MethodGet, path, nil)
		if err != nil {
			return page, err
		}
		if answer.Status != http.StatusOK {
			return page, fmt.Errorf("%s answers %d %s", path, answer.Status, answer.Body)
		}
		err = json.Unmarshal(answer.Body, &page)
		return page, err
	}}
}

// Faults is what an audit at a path of the admin door finds.
func (w *World) Faults(t testing.TB, path string) []bookaudit.Fault {
	t.Helper()
	return w.part(t, path).Faults
}

// Own is what the bank's own accounts have, by name and currency.
func (w *World) Own(t testing.TB) map[string]int64 {
	t.Helper()
	return w.part(t, balanceproto.AuditAccountsPath).Own
}

func (w *World) part(t testing.TB, path string) bookaudit.Page {
	t.Helper()
	page, err := w.Books().Part(t.Context(), path)
	must(t, "auditing "+path, err)
	return page
}
