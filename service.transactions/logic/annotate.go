package logic

import (
	"maps"
	"slices"
	"strings"
	"time"

	transactionsproto "farthing/service.transactions/proto"
)

// annotationName is the name of one client's value of one metadata key. A client's id holds no colon.
func annotationName(clientID, key string) string { return clientID + ":" + key }

// Annotate is the parts that merge a client's metadata into a transaction, one for each key, and which of its parts
// they supersede. A version is the time, but always above what was seen: who writes after somebody wins, whatever
// their clocks say.
func Annotate(
	parts []Part, transactionID, clientID string, metadata map[string]string, now time.Time,
) (added, superseded []Part) {
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		part := Part{
			ID: transactionID, Facet: Annotation, Name: annotationName(clientID, key), Version: now.UnixMilli(),
			State: &transactionsproto.Transaction{
				UpdatedMs: now.UnixMilli(), Metadata: map[string]string{key: metadata[key]},
			},
		}
		for _, old := range parts {
			if old.Facet == Annotation && old.Name == part.Name {
				part.Version = max(part.Version, old.Version+1)
				superseded = append(superseded, old)
			}
		}
		added = append(added, part)
	}
	return added, superseded
}

// CountAnnotations is how many metadata keys a client has ever set, those that it deleted included: they keep a row
// each, so that a value which was written before and arrives late stays deleted.
func CountAnnotations(parts []Part, clientID string) int {
	names := make(map[string]bool)
	for _, part := range parts {
		if part.Facet == Annotation && strings.HasPrefix(part.Name, annotationName(clientID, "")) {
			names[part.Name] = true
		}
	}
	return len(names)
}

// notesKey is the metadata key that is also the transaction's notes.
const notesKey = "notes"

func annotate(t *transactionsproto.Transaction, by map[string]Part) {
	metadata := make(map[string]string, len(by)+len(t.GetMetadata()))
	maps.Copy(metadata, t.GetMetadata()) // What the record itself says.
	t.Metadata = metadata
	for key, part := range by {
		t.UpdatedMs = max(t.GetUpdatedMs(), part.State.GetUpdatedMs())
		value := part.State.GetMetadata()[key]
		if t.Metadata[key] = value; value == "" { // It was deleted.
			delete(t.Metadata, key)
		}
	}
	t.Notes = t.Metadata[notesKey]
}
