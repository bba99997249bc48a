// Package datakeys keeps a data key for each customer in a service's own keyspace: what the service has sealed of a
// customer is gone, in every backup as well, once that key is destroyed.
//
//	var keysTable = datakeys.Table("data_keys") // In the service's Schema.
//	keys := datakeys.New(keysTable, keyspace, ring)
package datakeys

import (
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/pkg/seal"
	"farthing/pkg/store"
)

// Row is a customer's data key, wrapped, in static columns, so that it can be overwritten; and a line for each time
// that it was.
type Row struct {
	Customer string `store:"1,partition"`
	Revision int64  `store:"2,clustering"`

	Version int64  `store:"3,static"` // alive or destroyed.
	Wrapped []byte `store:"4,static"` // Empty once destroyed.
}

const (
	alive     = 1
	destroyed = 2
)

// Table declares a table of keys.
func Table(name string) store.Conditional[Row] { return store.ConditionalTable[Row](name) }

// Keys is the data keys of a service's customers, wrapped under a ring.
type Keys struct {
	ring *seal.Keyring
	rows store.Conditional[Row]
}

// New is the keys of a table in a keyspace.
func New(table store.Conditional[Row], k *store.Keyspace, ring *seal.Keyring) *Keys {
	return &Keys{ring, table.On(k)}
}

// Ensure is a customer's data key, made if there is none yet. The first one stays: not_found.customer if it was
// destroyed.
func (s *Keys) Ensure(ctx context.Context, customer string) (*seal.DataKey, error) {
	key, err := s.Key(ctx, customer)
	if !errs.Is(err, errs.NotFound) {
		return key, err
	}
	fresh := Row{Revision: alive, Version: alive, Wrapped: s.ring.NewDataKey(customer)}
	answer, err := s.rows.Batch(customer).IfNull("version").SetStatics(fresh).InsertNew(fresh).Apply(ctx)
	switch {
	case err != nil:
		return nil, fmt.Errorf("making a key for %s: %w", customer, err)
	case answer.OK:
		return s.ring.WithDataKey(fresh.Wrapped, customer)
	}
	return s.unwrap(answer.Statics, customer)
}

// Key is a customer's data key: not_found.customer if there is none, or none any more.
func (s *Keys) Key(ctx context.Context, customer string) (*seal.DataKey, error) {
	row, found, err := s.rows.In(customer).Statics(ctx, store.Latest)
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the key of %s: %w", customer, err)
	case !found:
		return nil, errs.Missing("customer")
	}
	return s.unwrap(row, customer)
}

func (s *Keys) unwrap(row Row, customer string) (*seal.DataKey, error) {
	if row.Version != alive {
		return nil, errs.Missing("customer")
	}
	return s.ring.WithDataKey(row.Wrapped, customer)
}

// Destroy forgets a customer: it overwrites the key without which what it sealed is noise. Copies of the key that the
// store has not compacted away yet, or backups hold, live until those are gone. Repeating it is harmless.
func (s *Keys) Destroy(ctx context.Context, customer string) error {
	gone := Row{Revision: destroyed, Version: destroyed}
	_, err := s.rows.Batch(customer).If("version", int64(alive)).SetStatics(gone).InsertNew(gone).Apply(ctx)
	if err != nil {
		return fmt.Errorf("destroying the key of %s: %w", customer, err)
	}
	return nil
}
