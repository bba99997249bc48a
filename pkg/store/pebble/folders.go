package pebblestore

import (
	"context"
	"errors"
	"path/filepath"
	"sync"

	"farthing/pkg/store"
)

// Folders keeps each keyspace in a Pebble of its own, in a folder of the keyspace's name: a process opens those of its
// services only, and leaves the others to other processes. It is safe for concurrent use.
type Folders struct {
	dir     string
	options Options

	mu     sync.Mutex // Guards the rest.
	opened map[string]*Store
	closed bool
}

var _ store.Store = (*Folders)(nil)

// NewFolders is a store of many folders below one. A keyspace's folder is opened, and made if need be, when it is first
// asked for; one that another process has open is refused then, naming it.
func NewFolders(dir string, options Options) *Folders {
	return &Folders{dir: dir, options: options, opened: make(map[string]*Store)}
}

// Open is a keyspace. If its folder cannot be opened, whatever is asked of it is answered why, as unavailable.
func (f *Folders) Open(keyspace string) store.Engine {
	kept, err := f.folder(keyspace)
	if err != nil {
		return shut{store.Unavailable(err)}
	}
	return kept.Open(keyspace)
}

// Migrate is as store.Store says.
func (f *Folders) Migrate(ctx context.Context, schema store.Schema) error {
	kept, err := f.folder(schema.Keyspace) //nolint:contextcheck // It outlives the call.
	if err != nil {
		return err
	}
	return kept.Migrate(ctx, schema)
}

// Check is as store.Store says.
func (f *Folders) Check(ctx context.Context, schema store.Schema) error {
	kept, err := f.folder(schema.Keyspace) //nolint:contextcheck // It outlives the call.
	if err != nil {
		return err
	}
	return kept.Check(ctx, schema)
}

// Close closes every folder that was opened. Closing again is harmless.
func (f *Folders) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	var problems []error
	for _, kept := range f.opened {
		problems = append(problems, kept.Close())
	}
	return errors.Join(problems...)
}

func (f *Folders) folder(keyspace string) (*Store, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, errClosed
	}
	if kept, ok := f.opened[keyspace]; ok {
		return kept, nil
	}
	kept, err := Open(filepath.Join(f.dir, keyspace), f.options)
	if err != nil {
		return nil, err
	}
	f.opened[keyspace] = kept
	return kept, nil
}

// shut is a keyspace whose folder could not be opened.
type shut struct{ err error }

// Get fails, as everything here does.
func (s shut) Get(context.Context, *store.Spec, store.Row, store.Consistency) (store.Row, bool, error) {
	return nil, false, s.err
}

// Statics fails.
func (s shut) Statics(context.Context, *store.Spec, store.Row, store.Consistency) (store.Row, bool, error) {
	return nil, false, s.err
}

// Range fails.
func (s shut) Range(context.Context, *store.Spec, store.Selection, store.Consistency) ([]store.Row, error) {
	return nil, s.err
}

// Spanning is as everywhere on Pebble.
func (s shut) Spanning() bool { return true }

// Write fails.
func (s shut) Write(context.Context, []store.Mutation) error { return s.err }

// Apply fails.
func (s shut) Apply(context.Context, store.ConditionalBatch) (store.Applied, error) {
	return store.Applied{}, s.err
}

// Walk fails.
func (s shut) Walk(context.Context, *store.Spec, string, int) (rows []store.Row, next string, err error) {
	return nil, "", s.err
}

// WalkPartitions fails.
func (s shut) WalkPartitions(context.Context, *store.Spec, string, int) (rows []store.Row, next string, err error) {
	return nil, "", s.err
}
