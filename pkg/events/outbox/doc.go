// Package outbox has a service publish what it wrote, whatever happens between the write and the publishing.
//
// The bus is never the truth: a service's own tables are. There are two ways to keep them in step, for the two ways to
// write, and both publish at once after the write, in the background, and sweep for what was never acknowledged:
//
//   - Outbox, where the state is written by plain batch: a row with the event rides in the batch, in the partition of
//     what it tells of. Once the bus has the event the row is deleted, along with the next batch to that partition if
//     one comes soon.
//   - Relay, where the state is written conditionally, and its entries, gapless by a key and a sequence, are the outbox
//     themselves.
//
// So that a sweep knows where to look, a place is marked before its first write in a minute as active in that minute:
// what every place so marked has to tell is published before the minute is forgotten.
//
// Minutes are of real time. A sweep goes through them from a cursor that it keeps, so that a service which was down
// goes on where it stopped. All that is kept about progress (cursors, sequences known to be published) is true for ever
// once it was true, so it may be overwritten in any order: an older value costs repeats, never a loss.
package outbox

import (
	"context"
	"hash/fnv"
	"time"

	"farthing/pkg/clock"
)

const (
	// Skew is the most that the real clocks of two writers may differ.
	Skew = 5 * time.Second
	// Settle is how long after a minute's end everything that was begun in it has been written or never will be: the
	// deadline of a write, the store's own late replays, and Skew. A cursor passes no minute before.
	Settle = 2 * time.Minute

	sweepEvery = 5 * time.Second
	// firstLook is how far back the very first sweep begins: the first thing that Run does is to write a cursor, so
	// only what was put before that counts.
	firstLook = time.Hour
	// drainFor is how long the end waits for what is queued. What is left over waits for the next start.
	drainFor = 5 * time.Second

	shards  = 8     // Of each minute, so that no partition grows without bound.
	page    = 256   // Rows or entries read at once.
	maxRows = 64    // Of one plain batch.
	queued  = 4_096 // Events that wait to be published; more are left to the sweep.
	readers = 16    // Places caught up with at once.

	forgetAfter = 3 // Minutes after which nothing is remembered of a place that rests.
)

// shardOf spreads keys over shards (or buckets), the same at every start.
func shardOf(key string, n uint32) int64 {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(key))
	return int64(hash.Sum32() % n)
}

func minuteOf(t time.Time) int64 { return t.Unix() / 60 }

func now() time.Time { return clock.Real{}.Now() }

// untilDone does something every few seconds, at once first, until it is done or ctx ends.
func untilDone(ctx context.Context, do func(context.Context) bool) {
	for !do(ctx) {
		if clock.Wait(ctx, sweepEvery) != nil {
			return
		}
	}
}

// settled tells whether nothing can appear in a minute any more.
func settled(minute int64) bool {
	return now().After(time.Unix((minute+1)*60, 0).Add(Settle))
}
