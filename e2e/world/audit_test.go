package world_test

import (
	"fmt"
	"slices"
	"testing"

	"farthing/e2e/world"
	moneyproto "farthing/pkg/money/proto"
	"farthing/service.apns/fakeapple"
	balanceproto "farthing/service.balance/proto"
	feedproto "farthing/service.feed/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// good is an account that was paid 10.00, has held 3.00, and has declined 20.00, and the book of whoever asked.
func good() (*world.Records, []world.Page) {
	r := &world.Records{Available: 7_00, Entries: []*balanceproto.Entry{
		{Sequence: 1, Id: "in", Kind: balanceproto.EntryKind_ENTRY_KIND_POSTED, PostedChangeMinor: 10_00, PostedMinor: 10_00},
		{
			Sequence: 2, Id: "hold_a", Kind: balanceproto.EntryKind_ENTRY_KIND_HELD, HeldChangeMinor: 3_00,
			PostedMinor: 10_00, HeldMinor: 3_00,
		},
		{
			Sequence: 3, Id: "hold_b", Kind: balanceproto.EntryKind_ENTRY_KIND_DECLINED, PostedMinor: 10_00, HeldMinor: 3_00,
		},
	}}
	var pages []world.Page
	for _, s := range []struct {
		name, outcome, reason string
		minor                 int64
		status                transactionsproto.Status
	}{
		{"a", "approved", "", 3_00, transactionsproto.Status_STATUS_PENDING},
		{"b", "declined", "insufficient_funds", 20_00, transactionsproto.Status_STATUS_DECLINED},
	} {
		tx := "tx_" + s.name
		r.Transactions = append(r.Transactions, &transactionsproto.Transaction{
			Id: tx, HoldId: "hold_" + s.name, Status: s.status, DeclineReason: s.reason,
			Amount: &moneyproto.Money{Minor: -s.minor},
		})
		r.Items = append(r.Items, &feedproto.Item{TransactionId: tx})
		r.Pushes = append(r.Pushes, fakeapple.Delivery{Payload: fmt.Appendf(nil, `{"transaction_id":%q}`, tx)})
		pages = append(pages, world.Page{
			Payment: world.Payment{ID: s.name, Minor: s.minor}, Customer: &world.Customer{},
			Answer: &world.Outcome{
				Outcome: s.outcome, DeclineReason: s.reason, TransactionID: tx, AuthorisationID: "auth_" + s.name,
			},
		})
	}
	r.Items = append(r.Items, &feedproto.Item{Type: feedproto.TypeBasic, Title: "Of a program"})
	return r, pages
}

func TestTheAuditFindsNothingInAGoodBank(t *testing.T) {
	r, pages := good()
	if found := world.Audit(*r, pages, true); len(found) > 0 {
		t.Errorf("found %v", found)
	}
}

// An audit that cannot fail proves nothing: each of these must be found, and called what it is.
func TestTheAuditFindsEachThingThatCanBeWrong(t *testing.T) {
	for _, c := range []struct {
		name, finds string
		spoil       func(r *world.Records)
	}{
		{"an entry is missing", "lost", func(r *world.Records) { r.Entries = slices.Delete(r.Entries, 1, 2) }},
		{"an entry is missing in between", "gap", func(r *world.Records) { r.Entries = slices.Delete(r.Entries, 1, 2) }},
		{"an entry is there twice", "duplicated", func(r *world.Records) { r.Entries = append(r.Entries, r.Entries[1]) }},
		{"a sum is wrong", "unbalanced", func(r *world.Records) { r.Entries[2].HeldMinor++ }},
		{"the balance is wrong", "unbalanced", func(r *world.Records) { r.Available++ }},
		{"a hold was given back", "unbalanced", func(r *world.Records) {
			r.Entries = append(r.Entries, &balanceproto.Entry{Sequence: 4, Id: "hold_a:1", HeldChangeMinor: -3_00})
		}},
		{"a decline took money", "phantom", func(r *world.Records) { r.Entries[2].HeldChangeMinor = 1 }},
		{"a decline has no entry", "lost", func(r *world.Records) { r.Entries = r.Entries[:2] }},
		{"a hold is nobody's", "phantom", func(r *world.Records) { r.Entries[1].Id = "hold_c" }},
		{"a transaction is missing", "lost", func(r *world.Records) { r.Transactions = r.Transactions[1:] }},
		{"a transaction is there twice", "duplicated", func(r *world.Records) {
			r.Transactions = append(r.Transactions, r.Transactions[0])
		}},
		{"a transaction says another outcome", "changed", func(r *world.Records) {
			r.Transactions[0].Status = transactionsproto.Status_STATUS_DECLINED
		}},
		{"a transaction says another amount", "changed", func(r *world.Records) { r.Transactions[1].Amount.Minor++ }},
		{"a transaction is nobody's", "phantom", func(r *world.Records) {
			r.Transactions = append(r.Transactions, &transactionsproto.Transaction{HoldId: "hold_c"})
		}},
		{"a feed item is missing", "lost", func(r *world.Records) { r.Items = r.Items[1:] }},
		{"a feed item is there twice", "duplicated", func(r *world.Records) { r.Items = append(r.Items, r.Items[0]) }},
		{"a feed item is a program's", "lost", func(r *world.Records) { r.Items[0].Type = feedproto.TypeBasic }},
		{"a feed item is nobody's", "phantom", func(r *world.Records) { r.Items[0].TransactionId = "tx_c" }},
		{"a push is missing", "lost", func(r *world.Records) { r.Pushes = r.Pushes[1:] }},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, pages := good()
			c.spoil(r)
			found := world.Audit(*r, pages, true)
			if !slices.ContainsFunc(found, func(f world.Finding) bool { return f.Kind == c.finds }) {
				t.Errorf("found %v, and nothing %s", found, c.finds)
			}
		})
	}
}
