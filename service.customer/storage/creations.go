package storage

import (
	"bytes"
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/pkg/store"
)

// creationRow maps a caller's id of a creation to the customer that came of it: the first one stays.
type creationRow struct {
	DedupeID string `store:"1,partition"`
	Customer string `store:"2"`
	// A hash of what was asked for, sealed under the ring: people's data could be guessed from a plain one. Creations of
	// earlier releases have none.
	Request []byte `store:"3"`
}

var creationsTable = store.ConditionalTable[creationRow]("creations")

// Begun is the customer's id that belongs to a caller's dedupe id, and whether there is one. For another request, of
// which a hash is given, it is conflict.dedupe_id.
func (s *Customers) Begun(ctx context.Context, dedupeID string, request []byte) (string, bool, error) {
	row, found, err := s.creations.In(dedupeID).Find(ctx, store.Latest)
	switch {
	case err != nil:
		return "", false, fmt.Errorf("looking for a creation: %w", err)
	case !found:
		return "", false, nil
	}
	return row.Customer, true, s.checkRequest(row, request)
}

// Begin is the customer's id that belongs to a caller's dedupe id: this one if it is the first, else the first one's.
// For another request it is conflict.dedupe_id.
func (s *Customers) Begin(ctx context.Context, dedupeID, customer string, request []byte) (string, error) {
	first, isNew, err := s.creations.InsertOrFind(ctx, creationRow{
		DedupeID: dedupeID, Customer: customer, Request: s.ring.Seal(request, requestPlace(dedupeID)),
	})
	switch {
	case err != nil:
		return "", fmt.Errorf("beginning a creation: %w", err)
	case isNew:
		return customer, nil
	}
	return first.Customer, s.checkRequest(first, request)
}

func (s *Customers) checkRequest(first creationRow, request []byte) error {
	if len(first.Request) == 0 {
		return nil
	}
	was, err := s.ring.Open(first.Request, requestPlace(first.DedupeID))
	switch {
	case err != nil:
		return fmt.Errorf("opening what a creation was asked for: %w", err)
	case !bytes.Equal(was, request):
		return ErrOtherRequest()
	}
	return nil
}

// ErrOtherRequest is conflict.dedupe_id.
func ErrOtherRequest() error {
	return errs.New(errs.Conflict+".dedupe_id", "The dedupe_id was used with another request")
}

// requestPlace binds what is sealed to its dedupe id.
func requestPlace(dedupeID string) []byte { return []byte("customer.request/" + dedupeID) }
