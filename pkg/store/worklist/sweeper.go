package worklist

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"farthing/pkg/store"
)

const (
	// firstLook is how far back a list is read that was never swept.
	firstLook = 72 * time.Hour
	// again is how far each sweep goes back behind the last one: longer than any work is under way.
	again = time.Hour
)

// ErrStays is what a Take answers of an item that is not done yet, which is no failure: it is handed over again.
var ErrStays = errors.New("the item stays on the list")

// Clock is business time, which a sweeper runs by.
type Clock interface {
	Now() time.Time
	// Every is as clock.Business has it.
	Every(ctx context.Context, d time.Duration, f func(context.Context))
}

// Sweeper goes through a list, from the past up to now, as long as a service runs. How far it has come is kept in the
// list's own table, so that no outage is too long for it.
type Sweeper struct {
	List  *List
	Clock Clock
	Log   *slog.Logger
	Every time.Duration // Of real time; also when business time is moved.
	// Take does what an item stands for, or finds that it is done, and removes it then. It may be handed an item again
	// and again, by several replicas at once. A failure is logged, and has it handed over again, as ErrStays has.
	Take func(context.Context, Item) error
}

// Run sweeps until ctx ends.
func (s Sweeper) Run(ctx context.Context) {
	sweep := func(ctx context.Context) {
		if err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "list not swept", "error", err)
		}
	}
	sweep(ctx)
	s.Clock.Every(ctx, s.Every, sweep)
}

// Sweep goes through the list once. It fails if any item did.
func (s Sweeper) Sweep(ctx context.Context) error {
	now := s.Clock.Now()
	since, err := s.List.sweptTo(ctx, now.Add(-firstLook).Truncate(time.Hour))
	if err != nil {
		return err
	}
	var failure error
	next := now.Add(-again).Truncate(time.Hour) // The hour to come back to: not later than the first with something left.
	err = s.List.Each(ctx, since, now, func(ctx context.Context, item Item) error {
		err := s.Take(ctx, item)
		if err != nil && item.Hour.Before(next) {
			next = item.Hour
		}
		if err != nil && !errors.Is(err, ErrStays) {
			failure = fmt.Errorf("%s: %w", item.Name, err) // The others are not to wait for this one.
		}
		return ctx.Err()
	})
	if err != nil {
		return cmp.Or(failure, err)
	}
	return cmp.Or(failure, s.List.setSweptTo(ctx, since, next))
}

// sweptShard is the partition of the list's table that says how far the list was swept.
const sweptShard = -1

// sweptTo is how far the list was swept. A list that never was is swept from first on, however long that takes.
func (l *List) sweptTo(ctx context.Context, first time.Time) (time.Time, error) {
	rows, _, err := l.rows.In(int64(sweptShard), time.UnixMilli(0).UTC()).Range().List(ctx, store.Recent)
	switch {
	case err != nil:
		return time.Time{}, err
	case len(rows) == 0:
		return first, l.keyspace.Write(ctx, l.rows.Put(sweptRow(first)))
	}
	return time.Parse(time.RFC3339, rows[0].Item) // The earliest, if a sweep died between its two writes.
}

func (l *List) setSweptTo(ctx context.Context, was, at time.Time) error {
	if at.Equal(was) {
		return nil
	}
	if err := l.keyspace.Write(ctx, l.rows.Put(sweptRow(at))); err != nil {
		return fmt.Errorf("noting how far a list was swept: %w", err)
	}
	return l.keyspace.Write(ctx, l.rows.Delete(sweptRow(was)))
}

func sweptRow(at time.Time) Row {
	return Row{Shard: sweptShard, Hour: time.UnixMilli(0).UTC(), Item: at.UTC().Format(time.RFC3339)}
}
