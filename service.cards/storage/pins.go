package storage

import (
	"context"
	"fmt"
	"time"

	"farthing/pkg/store"
	"farthing/service.cards/logic"
)

// pinRow is a card's PIN, in static columns, and a line for each attempt that changed it: a repeat finds its own.
type pinRow struct {
	Card    string `store:"1,partition"`
	Attempt string `store:"2,clustering"` // hold_…, or that it was reset.

	Version int64 `store:"3,static"` // What every change is conditional on.
	Wrong   int64 `store:"4,static"`

	WrongAfter int64     `store:"5"`
	At         time.Time `store:"6"`
}

var pinsTable = store.ConditionalTable[pinRow]("pins")

// PINs is how often each card's PIN was wrong.
type PINs struct {
	rows store.Conditional[pinRow]
}

// NewPINs is the PINs in a keyspace.
func NewPINs(k *store.Keyspace) *PINs { return &PINs{pinsTable.On(k)} }

// Find is a card's PIN as it is.
func (s *PINs) Find(ctx context.Context, card string) (logic.PIN, error) {
	row, _, err := s.rows.In(card).Statics(ctx, store.Latest)
	return pinOf(row, card), err
}

// Attempt is how many were wrong in a row after an attempt, and whether it has changed that.
func (s *PINs) Attempt(ctx context.Context, card, attempt string) (wrong int, found bool, _ error) {
	row, found, err := s.rows.In(card).Find(ctx, store.Latest, attempt)
	return int(row.WrongAfter), found, err
}

// Change writes what an attempt has made of a PIN, if nobody changed it since its version before, and the attempt did
// not count yet. Otherwise it answers false, and what there is.
func (s *PINs) Change(ctx context.Context, next logic.PIN, attempt string, at time.Time) (logic.PIN, bool, error) {
	batch := s.rows.Batch(next.Card)
	if next.Version == 1 {
		batch.IfNull("version")
	} else {
		batch.If("version", next.Version-1)
	}
	answer, err := batch.SetStatics(pinRow{Version: next.Version, Wrong: int64(next.Wrong)}).
		InsertNew(pinRow{Attempt: attempt, WrongAfter: int64(next.Wrong), At: at}).Apply(ctx)
	switch {
	case err != nil:
		return logic.PIN{}, false, fmt.Errorf("counting a PIN: %w", err)
	case answer.OK:
		return next, true, nil
	}
	return pinOf(answer.Statics, next.Card), false, nil
}

func pinOf(row pinRow, card string) logic.PIN {
	return logic.PIN{Card: card, Version: row.Version, Wrong: int(row.Wrong)}
}
