package outbox

import (
	"context"
	"fmt"

	"farthing/pkg/store"
)

// cursorRow says that everything of a shard in earlier minutes has been published.
type cursorRow struct {
	Shard  int64 `store:"1,partition"`
	Minute int64 `store:"2"`
}

// walker goes through the minutes of each shard, from its cursor to the present.
type walker struct {
	ks    *store.Keyspace
	table store.Plain[cursorRow]
	at    [shards]int64 // Each shard's cursor; 0 until it was read.
}

// visitor publishes what was never acknowledged of one shard's minute. Nothing appears any more in an old one.
type visitor func(ctx context.Context, shard, minute int64, old bool) error

// sweep visits every minute up to now, or only those that have settled, and moves the cursors past those that have.
// Repeating it is harmless.
func (w *walker) sweep(ctx context.Context, settledOnly bool, visit visitor) error {
	for shard := range int64(shards) {
		if err := w.sweepShard(ctx, shard, settledOnly, visit); err != nil {
			return fmt.Errorf("sweeping shard %d: %w", shard, err)
		}
	}
	return nil
}

func (w *walker) sweepShard(ctx context.Context, shard int64, settledOnly bool, visit visitor) error {
	from, err := w.cursor(ctx, shard)
	if err != nil {
		return err
	}
	passed := from
	for minute := from; minute <= minuteOf(now().Add(Skew)); minute++ {
		old := settled(minute) // Asked before the visit: what appears during it is not missed.
		if settledOnly && !old {
			break
		}
		if err := visit(ctx, shard, minute, old); err != nil {
			return err
		}
		if old && passed == minute {
			passed = minute + 1
		}
	}
	return w.pass(ctx, shard, passed)
}

func (w *walker) cursor(ctx context.Context, shard int64) (int64, error) {
	if w.at[shard] != 0 {
		return w.at[shard], nil
	}
	row, ok, err := w.table.In(shard).Find(ctx, store.Recent)
	if err != nil {
		return 0, err
	}
	if !ok { // Written before anything else: however long the next pause is, it begins here.
		begin := minuteOf(now().Add(-firstLook))
		return begin, w.pass(ctx, shard, begin)
	}
	w.at[shard] = row.Minute
	return row.Minute, nil
}

func (w *walker) pass(ctx context.Context, shard, minute int64) error {
	if w.at[shard] == minute {
		return nil
	}
	if err := w.ks.Write(ctx, w.table.Put(cursorRow{Shard: shard, Minute: minute})); err != nil {
		return err
	}
	w.at[shard] = minute
	return nil
}
