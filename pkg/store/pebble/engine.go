package pebblestore

import (
	"sync"

	"farthing/pkg/store"
)

// engine is one keyspace of a store.
type engine struct {
	store    *Store
	keyspace string
	tables   sync.Map // *store.Spec to *table: those that were found to agree with the stored schema.
}

var _ store.Engine = (*engine)(nil)

// Open is a keyspace, which must have been migrated: whatever is asked of a table that was not is ErrInvalid.
func (s *Store) Open(keyspace string) store.Engine { return &engine{store: s, keyspace: keyspace} }

// table is a declared table in this keyspace.
func (e *engine) table(spec *store.Spec) (*table, error) {
	if known, ok := e.tables.Load(spec); ok {
		return known.(*table), nil //nolint:errcheck // Nothing else is ever put there.
	}
	if err := e.store.schemas.check(e.keyspace, spec); err != nil {
		return nil, err
	}
	t := newTable(e.keyspace, spec)
	e.tables.Store(spec, t)
	return t, nil
}
