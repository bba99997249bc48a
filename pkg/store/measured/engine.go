package measured

import (
	"context"

	"farthing/pkg/clock"
	"farthing/pkg/store"
)

// engine is a measured keyspace.
type engine struct {
	engine store.Engine
	meters [len(operations)]meter // By operation; never written after its making.
}

var _ store.Engine = (*engine)(nil)

// Get is the engine's, measured.
func (e *engine) Get(
	ctx context.Context, table *store.Spec, key store.Row, c store.Consistency,
) (store.Row, bool, error) {
	watch := clock.Start()
	row, found, err := e.engine.Get(ctx, table, key, c)
	e.meters[get].note(watch, outcomeOf(err))
	return row, found, err
}

// Statics is the engine's, measured.
func (e *engine) Statics(
	ctx context.Context, table *store.Spec, partition store.Row, c store.Consistency,
) (store.Row, bool, error) {
	watch := clock.Start()
	row, found, err := e.engine.Statics(ctx, table, partition, c)
	e.meters[statics].note(watch, outcomeOf(err))
	return row, found, err
}

// Range is the engine's, measured.
func (e *engine) Range(
	ctx context.Context, table *store.Spec, r store.Selection, c store.Consistency,
) ([]store.Row, error) {
	watch := clock.Start()
	rows, err := e.engine.Range(ctx, table, r, c)
	e.meters[ranges].note(watch, outcomeOf(err))
	return rows, err
}

// Spanning is the engine's.
func (e *engine) Spanning() bool { return e.engine.Spanning() }

// Write is the engine's, measured.
func (e *engine) Write(ctx context.Context, writes []store.Mutation) error {
	watch := clock.Start()
	err := e.engine.Write(ctx, writes)
	e.meters[write].note(watch, outcomeOf(err))
	return err
}

// Apply is the engine's, measured. A batch that was not applied is refused.
func (e *engine) Apply(ctx context.Context, batch store.ConditionalBatch) (store.Applied, error) {
	watch := clock.Start()
	applied, err := e.engine.Apply(ctx, batch)
	became := outcomeOf(err)
	if err == nil && !applied.OK {
		became = refused
	}
	e.meters[apply].note(watch, became)
	return applied, err
}

// Walk is the engine's, measured.
func (e *engine) Walk(
	ctx context.Context, table *store.Spec, after string, limit int,
) (rows []store.Row, next string, err error) {
	watch := clock.Start()
	rows, next, err = e.engine.Walk(ctx, table, after, limit)
	e.meters[walk].note(watch, outcomeOf(err))
	return rows, next, err
}

// WalkPartitions is the engine's, measured as a walk.
func (e *engine) WalkPartitions(
	ctx context.Context, table *store.Spec, after string, limit int,
) (rows []store.Row, next string, err error) {
	watch := clock.Start()
	rows, next, err = e.engine.WalkPartitions(ctx, table, after, limit)
	e.meters[walk].note(watch, outcomeOf(err))
	return rows, next, err
}
