package world

import (
	"context"

	"farthing/pkg/store"
)

// Hooks stand between the services and their store. A nil hook lets everything through.
type Hooks struct {
	// Write may leave rows out of a plain batch, or refuse it.
	Write func(keyspace string, writes []store.Mutation) ([]store.Mutation, error)
	// Apply may leave rows out of a conditional batch, or refuse it. With none and no statics left it is answered as if
	// it had been applied.
	Apply func(keyspace string, batch store.ConditionalBatch) (store.ConditionalBatch, error)
}

// Store is a store behind the hooks: Options.Store.
func (h Hooks) Store(s store.Store) store.Store { return hooked{s, h} }

type hooked struct {
	store.Store
	hooks Hooks
}

// Open is a keyspace behind the hooks.
func (h hooked) Open(keyspace string) store.Engine {
	return hookedEngine{h.Store.Open(keyspace), h.hooks, keyspace}
}

type hookedEngine struct {
	store.Engine
	hooks    Hooks
	keyspace string
}

// Write is what the hook leaves of a plain batch.
func (e hookedEngine) Write(ctx context.Context, writes []store.Mutation) error {
	if e.hooks.Write == nil {
		return e.Engine.Write(ctx, writes)
	}
	left, err := e.hooks.Write(e.keyspace, writes)
	if err != nil || len(left) == 0 {
		return err
	}
	return e.Engine.Write(ctx, left)
}

// Apply is what the hook leaves of a conditional batch.
func (e hookedEngine) Apply(ctx context.Context, batch store.ConditionalBatch) (store.Applied, error) {
	if e.hooks.Apply == nil {
		return e.Engine.Apply(ctx, batch)
	}
	left, err := e.hooks.Apply(e.keyspace, batch)
	if err != nil {
		return store.Applied{}, err
	}
	if len(left.Rows) == 0 && left.Statics == nil {
		return store.Applied{OK: true}, nil
	}
	return e.Engine.Apply(ctx, left)
}
