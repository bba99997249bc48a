package storage

import (
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/pkg/seal"
	"farthing/pkg/store"
)

// dataKeyRow is a customer's data key, wrapped, in static columns, so that it can be overwritten; and a line for each
// time that it was.
type dataKeyRow struct {
	Customer string `store:"1,partition"`
	Revision int64  `store:"2,clustering"`

	Version int64  `store:"3,static"` // keyAlive or keyDestroyed.
	Wrapped []byte `store:"4,static"` // Empty once destroyed.
}

const (
	keyAlive     = 1
	keyDestroyed = 2
)

var dataKeysTable = store.ConditionalTable[dataKeyRow]("data_keys")

// ensureKey is a customer's data key, made if there is none yet. The first one stays.
func (s *Customers) ensureKey(ctx context.Context, customer string) (*seal.DataKey, error) {
	fresh := dataKeyRow{Revision: keyAlive, Version: keyAlive, Wrapped: s.ring.NewDataKey(customer)}
	answer, err := s.keys.Batch(customer).IfNull("version").SetStatics(fresh).InsertNew(fresh).Apply(ctx)
	switch {
	case err != nil:
		return nil, fmt.Errorf("making a key for %s: %w", customer, err)
	case answer.OK:
		return s.ring.WithDataKey(fresh.Wrapped, customer)
	}
	return s.unwrap(answer.Statics, customer)
}

// key is a customer's data key: not_found.customer if there is none, or none any more.
func (s *Customers) key(ctx context.Context, customer string) (*seal.DataKey, error) {
	row, found, err := s.keys.In(customer).Statics(ctx, store.Latest)
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the key of %s: %w", customer, err)
	case !found:
		return nil, errs.Missing("customer")
	}
	return s.unwrap(row, customer)
}

func (s *Customers) unwrap(row dataKeyRow, customer string) (*seal.DataKey, error) {
	if row.Version != keyAlive {
		return nil, errs.Missing("customer")
	}
	return s.ring.WithDataKey(row.Wrapped, customer)
}

// Destroy forgets a customer: it overwrites the key without which the personal data are noise. Copies of the key that
// the store has not compacted away yet, or backups hold, live until those are gone. Repeating it is harmless.
func (s *Customers) Destroy(ctx context.Context, customer string) error {
	gone := dataKeyRow{Revision: keyDestroyed, Version: keyDestroyed}
	_, err := s.keys.Batch(customer).If("version", int64(keyAlive)).SetStatics(gone).InsertNew(gone).Apply(ctx)
	if err != nil {
		return fmt.Errorf("destroying the key of %s: %w", customer, err)
	}
	return nil
}
