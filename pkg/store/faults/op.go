// Package faults wraps stores and engines: to answer as a store across a network can (Wrap), and to count what is asked
// of them (Counter). It is for tests: resolving is exercised on the embedded engine as on Cassandra.
package faults

import (
	"context"

	"farthing/pkg/store"
)

// Op is a kind of operation.
type Op int

// The operations of store.Engine.
const (
	Get Op = iota
	Statics
	Range
	Write
	Apply
	Walk
	WalkPartitions
	opCount
)

// String is the operation's name.
func (o Op) String() string {
	return [...]string{"get", "statics", "range", "write", "apply", "walk", "walk_partitions"}[o]
}

// watched asks before each operation whether to go on.
type watched struct {
	engine store.Engine
	before func(context.Context, Op) error
}

var _ store.Engine = watched{}

// Get is the engine's, if before lets it.
func (w watched) Get(ctx context.Context, s *store.Spec, key store.Row, c store.Consistency) (store.Row, bool, error) {
	if err := w.before(ctx, Get); err != nil {
		return nil, false, err
	}
	return w.engine.Get(ctx, s, key, c)
}

// Statics is the engine's, if before lets it.
func (w watched) Statics(
	ctx context.Context, s *store.Spec, partition store.Row, c store.Consistency,
) (store.Row, bool, error) {
	if err := w.before(ctx, Statics); err != nil {
		return nil, false, err
	}
	return w.engine.Statics(ctx, s, partition, c)
}

// Range is the engine's, if before lets it.
func (w watched) Range(
	ctx context.Context, s *store.Spec, r store.Selection, c store.Consistency,
) ([]store.Row, error) {
	if err := w.before(ctx, Range); err != nil {
		return nil, err
	}
	return w.engine.Range(ctx, s, r, c)
}

// Spanning is the engine's.
func (w watched) Spanning() bool { return w.engine.Spanning() }

// Write is the engine's, if before lets it.
func (w watched) Write(ctx context.Context, writes []store.Mutation) error {
	if err := w.before(ctx, Write); err != nil {
		return err
	}
	return w.engine.Write(ctx, writes)
}

// Apply is the engine's, if before lets it.
func (w watched) Apply(ctx context.Context, b store.ConditionalBatch) (store.Applied, error) {
	if err := w.before(ctx, Apply); err != nil {
		return store.Applied{}, err
	}
	return w.engine.Apply(ctx, b)
}

// Walk is the engine's, if before lets it.
func (w watched) Walk(ctx context.Context, s *store.Spec, place string, limit int) ([]store.Row, string, error) {
	if err := w.before(ctx, Walk); err != nil {
		return nil, "", err
	}
	return w.engine.Walk(ctx, s, place, limit)
}

// WalkPartitions is the engine's, if before lets it.
func (w watched) WalkPartitions(
	ctx context.Context, s *store.Spec, place string, limit int,
) ([]store.Row, string, error) {
	if err := w.before(ctx, WalkPartitions); err != nil {
		return nil, "", err
	}
	return w.engine.WalkPartitions(ctx, s, place, limit)
}
