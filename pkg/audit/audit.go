// Package audit is how services prove on the admin door, a page at a time, that what they keep agrees with itself and
// with what their peers keep.
package audit

import (
	"context"
	"net/http"
	"strconv"

	"farthing/pkg/errs"
	"farthing/pkg/foundation"
)

// Page is what an audit of some things found.
type Page struct {
	Checked int64   `json:"checked"`
	Entries int64   `json:"entries,omitempty"` // Of the ledger's accounts.
	Faults  []Fault `json:"faults,omitempty"`
	Next    string  `json:"next"` // The place to go on from; empty at the end.
	// What the accounts have posted together, by currency, in minor units: zero over all of them, while nobody writes.
	Posted map[string]int64 `json:"posted,omitempty"`
	// What the bank's own accounts have, or what they must have if others are right: by name and currency, as in
	// "suspense GBP", in minor units.
	Own map[string]int64 `json:"own,omitempty"`
	// What has moved a part of its money and will move the rest, by id: until then sums may be wrong for it.
	UnderWay []string `json:"under_way,omitempty"`
}

// Fault is where what is kept contradicts itself: the first of an account, a journal, a payment or a pot.
type Fault struct {
	Account  string `json:"account_id,omitempty"`
	Sequence int64  `json:"sequence,omitempty"` // Of the first entry that is wrong; 0 if it is the state or a fence.
	Journal  string `json:"journal_id,omitempty"`
	Payment  string `json:"authorisation_id,omitempty"`
	// Of no card: a payment from account to account.
	BankPayment string `json:"payment_id,omitempty"`
	Pot         string `json:"pot_id,omitempty"`
	// Of an account, one that the customer sees otherwise.
	Transaction string `json:"transaction_id,omitempty"`
	Rule        string `json:"rule"`   // What is broken: chain, balance, …
	Detail      string `json:"detail"` // In words.
}

// Add takes a page's findings into a whole.
func (p *Page) Add(other Page) {
	p.Checked, p.Entries, p.Next = p.Checked+other.Checked, p.Entries+other.Entries, other.Next
	p.Faults, p.UnderWay = append(p.Faults, other.Faults...), append(p.UnderWay, other.UnderWay...)
	p.Posted, p.Own = added(p.Posted, other.Posted), added(p.Own, other.Own)
}

func added(to, more map[string]int64) map[string]int64 {
	if to == nil && more != nil {
		to = make(map[string]int64)
	}
	for name, minor := range more {
		to[name] += minor
	}
	return to
}

// Window is some of the things that are kept, from a place on.
type Window struct {
	After string
	Limit int
}

// pageMax is small enough to be answered long before a proxy loses patience.
const pageMax = 200

// Pages answers operators: "?after=PLACE&limit=100", with a Page.
func Pages(audit func(context.Context, Window) (Page, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		limit, err := strconv.Atoi(req.FormValue("limit"))
		if err != nil || limit < 1 || limit > pageMax {
			foundation.Reply(w, nil, errs.BadParam("limit", "must be from 1 to "+strconv.Itoa(pageMax)))
			return
		}
		page, err := audit(req.Context(), Window{req.FormValue("after"), limit})
		foundation.Reply(w, page, err)
	})
}
