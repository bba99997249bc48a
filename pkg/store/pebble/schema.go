package pebblestore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"farthing/pkg/store"
)

const (
	formatKey    = "mformat"
	formatNow    = "1"
	schemaPrefix = "mschema/"
)

// schemas are the stored declarations, by keyspace and table. The store keeps every column that it ever had: one that
// is no longer declared may come back, as it was.
type schemas struct {
	mu     sync.RWMutex // Guards tables; held alone by a migration as a whole.
	tables map[string]storedTable
}

// storedTable is a declaration as JSON keeps it. Key columns stand in their order.
type storedTable struct {
	Class   store.Class    `json:"class"`
	Columns []storedColumn `json:"columns"`
}

type storedColumn struct {
	Tag        int        `json:"tag"`
	Name       string     `json:"name"` // For whoever reads it: a column is known by its tag.
	Type       store.Type `json:"type"`
	Role       store.Role `json:"role"`
	Descending bool       `json:"desc,omitempty"`
}

func storedForm(spec *store.Spec) storedTable {
	form := storedTable{Class: spec.Class}
	for _, column := range spec.Columns {
		form.Columns = append(form.Columns, storedColumn{
			Tag: column.Tag, Name: column.Name, Type: column.Type, Role: column.Role, Descending: column.Descending,
		})
	}
	return form
}

func schemaName(keyspace, table string) string { return keyspace + "." + table }

// Migrate makes the tables of a schema, or adds columns to them. See store.Store.
func (s *Store) Migrate(ctx context.Context, schema store.Schema) error {
	if err := schema.Check(); err != nil {
		return err
	}
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	s.schemas.mu.Lock()
	defer s.schemas.mu.Unlock()
	changed := make(map[string]storedTable)
	for _, table := range schema.Tables {
		name := schemaName(schema.Keyspace, table.Spec().Name)
		stored, exists := s.schemas.tables[name]
		wanted, err := stored.with(storedForm(table.Spec()), exists)
		if err != nil {
			return contradiction("table %s: %w", name, err)
		}
		if !slices.Equal(stored.Columns, wanted.Columns) {
			changed[name] = wanted
		}
	}
	return s.keepSchemas(ctx, changed)
}

func (s *Store) keepSchemas(ctx context.Context, changed map[string]storedTable) error {
	if len(changed) == 0 {
		return nil
	}
	batch := s.db.NewBatch()
	for name, table := range changed {
		value, err := json.Marshal(table)
		if err = errors.Join(err, batch.Set([]byte(schemaPrefix+name), value, nil)); err != nil {
			return errors.Join(err, batch.Close())
		}
	}
	s.land(s.launch(batch))
	for name, table := range changed {
		s.schemas.tables[name] = table
	}
	return returned(ctx)
}

// Check compares a schema with the stored one. See store.Store.
func (s *Store) Check(ctx context.Context, schema store.Schema) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	for _, table := range schema.Tables {
		if err := s.schemas.check(schema.Keyspace, table.Spec()); err != nil {
			return err
		}
	}
	return nil
}

// check fails, naming the table, if the stored schema lacks some of what is declared or contradicts it.
func (s *schemas) check(keyspace string, spec *store.Spec) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	name := schemaName(keyspace, spec.Name)
	stored, exists := s.tables[name]
	if !exists {
		return contradiction("table %s: there is no such table", name)
	}
	wanted, err := stored.with(storedForm(spec), true)
	if err != nil {
		return contradiction("table %s: %w", name, err)
	}
	if len(wanted.Columns) > len(stored.Columns) {
		return contradiction("table %s: there is no column %s", name, wanted.Columns[len(stored.Columns)].Name)
	}
	return nil
}

func contradiction(format string, args ...any) error {
	return store.ErrInvalid.WithoutCause().Because(fmt.Errorf(format, args...))
}

// with is a stored table with the columns of a declaration added. It fails if that would change what is there.
func (t storedTable) with(declared storedTable, exists bool) (storedTable, error) {
	if !exists {
		return declared, nil
	}
	if declared.Class != t.Class {
		return t, errors.New("its class has changed")
	}
	if !slices.Equal(t.key(), declared.key()) {
		return t, errors.New("its key has changed")
	}
	merged := storedTable{t.Class, slices.Clone(t.Columns)}
	for _, column := range declared.Columns {
		at := slices.IndexFunc(t.Columns, func(c storedColumn) bool { return c.Tag == column.Tag })
		switch {
		case at < 0:
			merged.Columns = append(merged.Columns, column)
		case t.Columns[at].Type != column.Type || t.Columns[at].Role != column.Role:
			return t, fmt.Errorf("column %s with tag %d has changed", column.Name, column.Tag)
		}
	}
	return merged, nil
}

// key is what can never change: the key columns in their order, whatever they are called.
func (t storedTable) key() []storedColumn {
	var key []storedColumn
	for _, role := range []store.Role{store.Partition, store.Clustering} {
		for _, column := range t.Columns {
			if column.Role == role {
				column.Name = ""
				key = append(key, column)
			}
		}
	}
	return key
}

// loadSchemas reads the stored schemas, and marks a new directory with the format's version.
func (s *Store) loadSchemas() error {
	s.schemas.tables = make(map[string]storedTable)
	format, err := s.stored([]byte(formatKey))
	if err != nil {
		return err
	}
	if format == nil {
		return s.db.Set([]byte(formatKey), []byte(formatNow), pebble.Sync)
	}
	if string(format) != formatNow {
		return fmt.Errorf("its format is version %s, and this program knows %s", format, formatNow)
	}
	return s.readSchemas()
}

func (s *Store) readSchemas() (err error) {
	low := []byte(schemaPrefix)
	iter, err := s.db.NewIter(&pebble.IterOptions{LowerBound: low, UpperBound: after(low)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, iter.Close()) }()
	for ok := iter.First(); ok; ok = iter.Next() {
		var table storedTable
		if err := json.Unmarshal(iter.Value(), &table); err != nil {
			return fmt.Errorf("the stored schema %s: %w", iter.Key(), err)
		}
		s.schemas.tables[string(bytes.TrimPrefix(iter.Key(), low))] = table
	}
	return iter.Error()
}
