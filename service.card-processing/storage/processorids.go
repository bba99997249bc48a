// Package storage keeps which hold a processor's opaque id stands for.
package storage

import (
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/pkg/store"
)

// processorIDRow is inserted if absent: whoever comes first gives the id its hold.
type processorIDRow struct {
	ProcessorID string `store:"1,partition"`
	HoldID      string `store:"2"`
}

var processorIDsTable = store.ConditionalTable[processorIDRow]("processor_ids")

// Schema is the keyspace of service.card-processing.
func Schema() store.Schema {
	return store.Schema{Keyspace: "card_processing", Tables: []store.Table{processorIDsTable}}
}

// ProcessorIDs maps processors' ids to holds. An opaque id has no time in it, and a hold's must.
type ProcessorIDs struct {
	rows store.Conditional[processorIDRow]
}

// NewProcessorIDs is the map in a keyspace.
func NewProcessorIDs(k *store.Keyspace) *ProcessorIDs { return &ProcessorIDs{processorIDsTable.On(k)} }

// Claim gives an id this hold, unless it has one already, and answers the one it has. Repeating it is harmless.
func (s *ProcessorIDs) Claim(ctx context.Context, processorID, holdID string) (string, error) {
	answer, err := s.rows.Batch(processorID).InsertNew(processorIDRow{HoldID: holdID}).Apply(ctx)
	switch {
	case err != nil:
		return "", fmt.Errorf("claiming a processor's id: %w", err)
	case answer.OK:
		return holdID, nil
	case len(answer.Present) == 1:
		return answer.Present[0].HoldID, nil
	}
	return "", errs.New(errs.Internal, "a refused claim showed no row")
}
