// Package logic says what a transaction is: one record, merged from what each writer knows.
package logic

import (
	"strings"

	"google.golang.org/protobuf/proto"

	balanceproto "farthing/service.balance/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// Facet is one writer's part of a transaction. Each has rows and versions of its own, so that writers never overwrite
// each other, in whatever order they come.
type Facet int64

// The facets. Their numbers are stored.
const (
	Record     Facet = 1 // What happened: transactions' own.
	Enrichment Facet = 2 // The merchant and category: transaction-enrichment's.
	Annotation Facet = 3 // One client's value of one metadata key: the customer's programs'.
	Progress   Facet = 4 // How the payment went on: card-processing's, or of what is no card payment the recorder's.
)

// Part is one version of one facet of a transaction.
type Part struct {
	ID      string // tx_…
	Facet   Facet
	Name    string // Of an Annotation: annotationName.
	Version int64
	// Of a Record the transaction without what the other facets add; of an Enrichment only that, and in its version
	// what was told of it (Told); of an Annotation the metadata of one key; of a Progress what it replaces in the Record.
	State *transactionsproto.Transaction
}

// The versions of a Record: what the ledger answered first, and the one change that it can make of that.
const (
	recordAnswered = 1
	recordTimedOut = 2

	recordVersionMax = 9 // Room for more.
)

// RecordVersion is the version of the Record of an answer. A hold that was given up stays so, whatever was said of it
// before and however late that is written: its Record is above the first one.
func RecordVersion(reason balanceproto.DeclineReason) int64 {
	if reason == balanceproto.DeclineReason_DECLINE_REASON_TIMED_OUT {
		return recordTimedOut
	}
	return recordAnswered
}

// EnrichmentVersionMax is the last version that an Enrichment can have.
const EnrichmentVersionMax = 999

// versionOf is a transaction's version by those of its Progress, Record and Enrichment. It grows with each of them, and
// no two triples make the same, so that a version names one state.
func versionOf(progress, record, enrichment int64) int64 {
	return (progress*(recordVersionMax+1)+record)*(EnrichmentVersionMax+1) + enrichment
}

// Has tells whether a version of a facet is there.
func Has(parts []Part, facet Facet, version int64) bool {
	for _, part := range parts {
		if part.Facet == facet && part.Version == version {
			return true
		}
	}
	return false
}

// Newest is the highest version of a facet that is there, 0 for none.
func Newest(parts []Part, facet Facet) int64 {
	var newest int64
	for _, part := range parts {
		if part.Facet == facet {
			newest = max(newest, part.Version)
		}
	}
	return newest
}

// Told is the highest version of the transaction that was told of as enriched, 0 if none was.
func Told(parts []Part) int64 {
	var told int64
	for _, part := range parts {
		if part.Facet == Enrichment {
			told = max(told, part.State.GetVersion())
		}
	}
	return told
}

// Merge is the transaction that these parts make for a client: the highest version of each, and of annotations only
// the client's own. It is nil without a Record: then there is no transaction yet. The parts stay as they are.
func Merge(parts []Part, clientID string) *transactionsproto.Transaction {
	var record, progress, enrichment Part
	annotations := make(map[string]Part)
	for _, part := range parts {
		switch part.Facet {
		case Record:
			record = newer(record, part)
		case Progress:
			progress = newer(progress, part)
		case Enrichment:
			enrichment = newer(enrichment, part)
		case Annotation:
			if key, own := strings.CutPrefix(part.Name, annotationName(clientID, "")); own {
				annotations[key] = newer(annotations[key], part)
			}
		}
	}
	if record.State == nil {
		return nil
	}
	merged := proto.CloneOf(record.State)
	merged.Version = versionOf(progress.Version, record.Version, enrichment.Version)
	goOn(merged, progress.State)
	enrich(merged, enrichment.State)
	annotate(merged, annotations)
	return merged
}

func newer(a, b Part) Part {
	if a.State == nil || b.Version > a.Version {
		return b
	}
	return a
}

// goOn replaces in a transaction what its payment's progress knows better.
func goOn(t, by *transactionsproto.Transaction) {
	if by == nil {
		return
	}
	t.Status, t.Amount, t.SettledMs, t.Quiet = by.GetStatus(), by.GetAmount(), by.GetSettledMs(), by.GetQuiet()
	t.Dispute, t.Attached = by.GetDispute(), by.GetAttached()
	t.UpdatedMs = max(t.GetUpdatedMs(), by.GetUpdatedMs())
	if t.GetCashback() != nil { // The goods come back first.
		t.Cashback.Minor = max(t.GetCashback().GetMinor(), t.GetAmount().GetMinor())
	}
	if local := by.GetLocalAmount(); local != nil {
		if by.GetRate() != nil || local.GetCurrency() != t.GetLocalAmount().GetCurrency() {
			t.Rate = by.GetRate()
		}
		t.LocalAmount = local
	}
	if by.GetBalance() != nil {
		t.Balance = by.GetBalance()
	}
}

func enrich(t, by *transactionsproto.Transaction) {
	if by == nil {
		return
	}
	t.Merchant, t.Category = by.GetMerchant(), by.GetCategory()
}
