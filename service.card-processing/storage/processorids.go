package storage

import (
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/pkg/store"
)

// processorIDRow is inserted if absent: whoever comes first gives the id its hold.
type processorIDRow struct {
	ProcessorID string `store:"1,partition"` // Of another message than an authorisation, after its kind and a slash.
	HoldID      string `store:"2"`
	CardID      string `store:"3"` // Empty for a card that is nobody's.
	Minor       int64  `store:"4"`
	Currency    string `store:"5"`
}

// Claim is a processor's id, the payment that it stands for, and the hold that it is to have.
type Claim struct {
	ProcessorID, HoldID, CardID string
	Minor                       int64 // 0 if it is not known.
	Currency                    string
}

var processorIDsTable = store.ConditionalTable[processorIDRow]("processor_ids")

// ProcessorIDs maps processors' ids to holds. An opaque id has no time in it, and a hold's must.
type ProcessorIDs struct {
	rows store.Conditional[processorIDRow]
}

// NewProcessorIDs is the map in a keyspace.
func NewProcessorIDs(k *store.Keyspace) *ProcessorIDs { return &ProcessorIDs{processorIDsTable.On(k)} }

// Claim gives an id its hold, unless it has one already, and answers the one it has. Repeating it is harmless; an id
// that stands for another payment is conflict.processor_id.
func (s *ProcessorIDs) Claim(ctx context.Context, c Claim) (string, error) {
	wanted := processorIDRow(c)
	first, _, err := s.rows.InsertOrFind(ctx, wanted)
	if err != nil {
		return "", fmt.Errorf("claiming a processor's id: %w", err)
	}
	if wanted.HoldID = first.HoldID; first.Minor == 0 || wanted.Minor == 0 { // Its reversal's claim knows no amount.
		wanted.Minor, wanted.Currency = first.Minor, first.Currency
	}
	if first != wanted {
		return "", errs.New(errs.Conflict+".processor_id", "This processor_id was used for another payment")
	}
	return first.HoldID, nil
}
