// Package logic says what a transaction is: one record, merged from what each writer knows.
package logic

import (
	"maps"
	"strings"

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
)

// Part is one version of one facet of a transaction.
type Part struct {
	ID      string // tx_…
	Facet   Facet
	Name    string // Of an Annotation: AnnotationName.
	Version int64
	// Of a Record the transaction without what the other facets add; of an Enrichment only that; of an Annotation the
	// metadata of one key.
	State *transactionsproto.Transaction
}

// AnnotationName is the name of one client's value of one metadata key. A client's id holds no colon.
func AnnotationName(clientID, key string) string { return clientID + ":" + key }

// Merge is the transaction that these parts make for a client: the highest version of each, and of annotations only
// the client's own. It is nil without a Record: then there is no transaction yet.
func Merge(parts []Part, clientID string) *transactionsproto.Transaction {
	var record, enrichment Part
	annotations := make(map[string]Part)
	for _, part := range parts {
		switch part.Facet {
		case Record:
			record = newer(record, part)
		case Enrichment:
			enrichment = newer(enrichment, part)
		case Annotation:
			if key, own := strings.CutPrefix(part.Name, clientID+":"); own {
				annotations[key] = newer(annotations[key], part)
			}
		}
	}
	if record.State == nil {
		return nil
	}
	merged := record.State
	merged.Version = record.Version + enrichment.Version
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

func enrich(t, by *transactionsproto.Transaction) {
	if by == nil {
		return
	}
	t.Merchant, t.Category = by.GetMerchant(), by.GetCategory()
	t.UpdatedMs = max(t.GetUpdatedMs(), by.GetUpdatedMs())
}

// notesKey is the metadata key that is also the transaction's notes.
const notesKey = "notes"

func annotate(t *transactionsproto.Transaction, by map[string]Part) {
	t.Metadata = maps.Clone(t.GetMetadata())
	if t.Metadata == nil {
		t.Metadata = make(map[string]string, len(by))
	}
	for key, part := range by {
		t.UpdatedMs = max(t.GetUpdatedMs(), part.State.GetUpdatedMs())
		value := part.State.GetMetadata()[key]
		if value == "" { // Deleted.
			delete(t.Metadata, key)
			continue
		}
		t.Metadata[key] = value
	}
	t.Notes = t.Metadata[notesKey]
}
