package world

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	balanceproto "farthing/service.balance/proto"
	feedproto "farthing/service.feed/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// Finding is one thing that is wrong, and how: it is what a check must be able to say.
type Finding struct {
	Kind string // "lost", "phantom", "duplicated", "changed", "unbalanced", "gap".
	Text string
}

// String is the finding in a line.
func (f Finding) String() string { return f.Kind + ": " + f.Text }

// audit compares one account's records with a book.
type audit struct {
	Records
	findings []Finding

	entries      map[string][]*balanceproto.Entry // By hold.
	transactions map[string][]*transactionsproto.Transaction
	items        map[string]int // By transaction, as are the others.
	pushes       map[string]int
}

// Audit is everything in which the records of an account whose bank has come to rest disagree with the pages of the
// book that are about it. Whole says that the pages are all that ever happened to the account: then nothing else may be
// there.
func Audit(r Records, pages []Page, whole bool) []Finding {
	a := &audit{
		Records: r, entries: make(map[string][]*balanceproto.Entry),
		transactions: make(map[string][]*transactionsproto.Transaction),
		items:        make(map[string]int), pushes: make(map[string]int),
	}
	a.ledger()
	a.index()
	for _, page := range pages {
		if page.Answer != nil {
			a.page(page)
		}
	}
	if whole {
		a.nothingElse(pages)
	}
	return a.findings
}

func (a *audit) find(kind, format string, args ...any) {
	a.findings = append(a.findings, Finding{kind, fmt.Sprintf(format, args...)})
}

// ledger checks the ledger by itself: no gap, each id once, every sum exact, never below nothing.
func (a *audit) ledger() {
	var posted, held int64
	seen := make(map[string]bool)
	for n, e := range a.Entries {
		posted, held = posted+e.GetPostedChangeMinor(), held+e.GetHeldChangeMinor()
		switch {
		case e.GetSequence() != int64(n+1):
			a.find("gap", "entry %d has the sequence %d", n+1, e.GetSequence())
		case seen[e.GetId()]:
			a.find("duplicated", "entry %d has the id %s, as an earlier one", n+1, e.GetId())
		case e.GetPostedMinor() != posted || e.GetHeldMinor() != held || posted < held:
			a.find("unbalanced", "after entry %d: posted %d, held %d, and the entry says %v", n+1, posted, held, e)
		}
		seen[e.GetId()] = true
	}
	if a.Available != posted-held {
		a.find("unbalanced", "%d can be spent, and the entries leave %d", a.Available, posted-held)
	}
}

func (a *audit) index() {
	for _, e := range a.Entries {
		hold, _ := balanceproto.HoldOf(e.GetId())
		a.entries[hold] = append(a.entries[hold], e)
	}
	for _, t := range a.Transactions {
		a.transactions[t.GetHoldId()] = append(a.transactions[t.GetHoldId()], t)
	}
	for _, item := range a.Items {
		if item.GetType() != feedproto.TypeBasic { // A program's own stands for no transaction.
			a.items[item.GetTransactionId()]++
		}
	}
	for _, push := range a.Pushes {
		var shown struct {
			TransactionID string `json:"transaction_id"`
		}
		_ = json.Unmarshal(push.Payload, &shown) // What is no JSON is no push of ours.
		a.pushes[shown.TransactionID]++
	}
}

// page checks that all of the bank agrees with one answer.
func (a *audit) page(p Page) {
	hold := "hold" + strings.TrimPrefix(p.Answer.AuthorisationID, "auth")
	a.held(p, hold)
	a.recorded(p, hold)
	transaction := p.Answer.TransactionID
	switch n := a.items[transaction]; {
	case n == 0:
		a.find("lost", "swipe %s (%v) has no feed item", p.ID, p.Answer)
	case n > 1:
		a.find("duplicated", "swipe %s (%v) has %d feed items", p.ID, p.Answer, n)
	}
	if a.pushes[transaction] == 0 {
		a.find("lost", "swipe %s (%v) was not pushed", p.ID, p.Answer)
	}
}

// held checks the money: an approved swipe's is held once and for good, a declined one's is not.
func (a *audit) held(p Page, hold string) {
	var net int64
	holds := 0
	for _, e := range a.entries[hold] {
		net += e.GetHeldChangeMinor()
		if e.GetKind() == balanceproto.EntryKind_ENTRY_KIND_HELD {
			holds++
		}
	}
	switch {
	case p.Answer.Approved() && holds == 0:
		a.find("lost", "swipe %s (%v) has no hold", p.ID, p.Answer)
	case holds > 1:
		a.find("duplicated", "swipe %s (%v) has %d holds", p.ID, p.Answer, holds)
	case p.Answer.Approved() && net != p.Minor:
		a.find("unbalanced", "swipe %s (%v) of %d holds %d", p.ID, p.Answer, p.Minor, net)
	case !p.Answer.Approved() && net != 0:
		a.find("phantom", "swipe %s (%v) holds %d", p.ID, p.Answer, net)
	case !p.Answer.Approved() && len(a.entries[hold]) == 0 && p.Answer.DeclineReason != timedOut:
		a.find("lost", "swipe %s (%v) has no entry", p.ID, p.Answer)
	}
}

// timedOut is the one decline that the ledger only fences.
const timedOut = "timed_out"

func (a *audit) recorded(p Page, hold string) {
	found := a.transactions[hold]
	switch n := len(found); {
	case n == 0:
		a.find("lost", "swipe %s (%v) has no transaction", p.ID, p.Answer)
		return
	case n > 1:
		a.find("duplicated", "swipe %s (%v) has %d transactions", p.ID, p.Answer, n)
	}
	declined := found[0].GetStatus() == transactionsproto.Status_STATUS_DECLINED
	if found[0].GetId() != p.Answer.TransactionID || found[0].GetAmount().GetMinor() != -p.Minor ||
		declined == p.Answer.Approved() || found[0].GetDeclineReason() != p.Answer.DeclineReason {
		a.find("changed", "swipe %s of %d (%v) is recorded as %v", p.ID, p.Minor, p.Answer, found[0])
	}
}

// nothingElse checks that all that is there belongs to a page.
func (a *audit) nothingElse(pages []Page) {
	holds, transactions := make(map[string]bool), make(map[string]bool)
	for _, p := range pages {
		answer := cmp.Or(p.Answer, &Outcome{})
		holds["hold"+strings.TrimPrefix(answer.AuthorisationID, "auth")] = true
		transactions[answer.TransactionID] = true
	}
	for hold, entries := range a.entries {
		first := entries[0]
		ours := first.GetAtMs() >= a.Since && first.GetKind() != balanceproto.EntryKind_ENTRY_KIND_POSTED
		if ours && !holds[hold] {
			a.find("phantom", "nobody asked for %v", first)
		}
	}
	for hold, t := range a.transactions {
		if !holds[hold] && t[0].GetCreatedMs() >= a.Since {
			a.find("phantom", "nobody asked for %v", t[0])
		}
	}
	for _, item := range a.Items {
		added := item.GetType() == feedproto.TypeBasic && item.GetTransactionId() == ""
		if !added && !transactions[item.GetTransactionId()] && item.GetCreatedMs() >= a.Since {
			a.find("phantom", "nobody asked for %v", item)
		}
	}
	for transaction := range a.pushes {
		if !transactions[transaction] {
			a.find("phantom", "nobody asked for the push of %s", transaction)
		}
	}
}
