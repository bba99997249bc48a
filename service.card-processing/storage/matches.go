package storage

import (
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/pkg/store"
)

// matchRow is inserted if absent: a message that names no authorisation belongs, for ever, to the payment that was
// found for it first.
type matchRow struct {
	Message string `store:"1,partition"`
	Payment string `store:"2"`
}

var matchesTable = store.ConditionalTable[matchRow]("matches")

// Matches maps messages that name no authorisation to payments.
type Matches struct {
	rows store.Conditional[matchRow]
}

// NewMatches is the map in a keyspace.
func NewMatches(k *store.Keyspace) *Matches { return &Matches{matchesTable.On(k)} }

// Find is the payment of a message, and whether one was found for it before.
func (s *Matches) Find(ctx context.Context, messageID string) (string, bool, error) {
	row, found, err := s.rows.In(messageID).Find(ctx, store.Latest)
	return row.Payment, found, err
}

// Match gives a message its payment, unless it has one already, and answers the one it has. Repeating it is harmless.
func (s *Matches) Match(ctx context.Context, messageID, payment string) (string, error) {
	answer, err := s.rows.Batch(messageID).InsertNew(matchRow{Payment: payment}).Apply(ctx)
	switch {
	case err != nil:
		return "", fmt.Errorf("matching a message: %w", err)
	case answer.OK:
		return payment, nil
	case len(answer.Present) == 1:
		return answer.Present[0].Payment, nil
	}
	return "", errs.New(errs.Internal, "a refused match showed no row")
}
