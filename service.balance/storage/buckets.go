package storage

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"farthing/pkg/store"
	"farthing/service.balance/logic"
)

// bucketRow says of one bucket of an account, other than its first, with what it was opened: three rows, in an order
// each. It is written before the bucket is, and never changes.
type bucketRow struct {
	Account string `store:"1,partition"`
	Order   int64  `store:"2,clustering"`
	Value   int64  `store:"3,clustering"` // In the order; it never falls from one bucket to the next.
	Bucket  int64  `store:"4,clustering"`
}

// The orders, and what their values are.
const (
	byVersion  = 0 // The sequence of the newest entry before.
	byTime     = 1 // The milliseconds of that entry's time.
	byNewestID = 2 // The milliseconds of the latest time of an id before.
)

var bucketsTable = store.ConditionalTable[bucketRow]("buckets")

func listed(opened logic.Account) []bucketRow {
	return []bucketRow{
		{Order: byVersion, Value: opened.Version, Bucket: opened.Bucket},
		{Order: byTime, Value: opened.LastAt.UnixMilli(), Bucket: opened.Bucket},
		{Order: byNewestID, Value: opened.Opening.NewestID.UnixMilli(), Bucket: opened.Bucket},
	}
}

// Close ends a bucket in this sealed state: its statics and rows never change afterwards. It is refused if its state is
// another.
func (s *Accounts) Close(ctx context.Context, sealed logic.Account) (logic.Posting, error) {
	answer, err := s.rows.Batch(sealed.ID, sealed.Bucket).
		If("version", sealed.Version).If("closed", false).If("newest_fence_at", sealed.NewestFence).
		SetStatics(rowOf(sealed), "closed", "seal").Apply(ctx)
	if err != nil {
		return logic.Posting{}, fmt.Errorf("closing bucket %d of %s: %w", sealed.Bucket, sealed.ID, err)
	}
	return postingOf(answer, sealed)
}

// OpenNext lists and opens the bucket after a closed one, as far as that is not done already, and returns its state as
// it is. All that it writes follows from the closed one, so whoever does it does the same.
func (s *Accounts) OpenNext(ctx context.Context, closed logic.Account) (logic.Account, error) {
	next := closed.Next()
	list := s.buckets.Batch(next.ID)
	for _, row := range listed(next) {
		list.InsertNew(row)
	}
	if _, err := list.Apply(ctx); err != nil { // Refused, it is there.
		return logic.Account{}, fmt.Errorf("listing bucket %d of %s: %w", next.Bucket, next.ID, err)
	}
	answer, err := s.rows.Batch(next.ID, next.Bucket).IfNull("version").SetStatics(rowOf(next)).Apply(ctx)
	if err != nil {
		return logic.Account{}, fmt.Errorf("opening bucket %d of %s: %w", next.Bucket, next.ID, err)
	}
	s.newest.is(next.ID, next.Bucket)
	if answer.OK {
		return next, nil
	}
	return accountOf(answer.Statics, next.ID, next.Bucket)
}

// FirstBucket is the first bucket at whose end there were ids as late as this time. There must be such a one before the
// newest.
func (s *Accounts) FirstBucket(ctx context.Context, account string, at time.Time) (int64, error) {
	rows, _, err := s.buckets.In(account).Range(int64(byNewestID)).From(at.UnixMilli()).Limit(1).List(ctx, store.Latest)
	switch {
	case err != nil:
		return 0, fmt.Errorf("finding a bucket of %s: %w", account, err)
	case len(rows) == 0:
		return 0, &logic.Fault{Account: account, Rule: "state", Detail: "its newest bucket is not listed as it was opened"}
	}
	return rows[0].Bucket - 1, nil // It was opened with what the one before had at its end.
}

// bucketAt is the last bucket that was opened with at most this value in an order.
func (s *Accounts) bucketAt(
	ctx context.Context, account string, order, value int64, c store.Consistency,
) (int64, error) {
	rows, _, err := s.buckets.In(account).Range(order).To(value).Backwards().Limit(1).List(ctx, c)
	if err != nil {
		return 0, fmt.Errorf("finding a bucket of %s: %w", account, err)
	}
	if len(rows) == 0 {
		return 0, nil
	}
	return rows[0].Bucket, nil
}

// BucketAt is the last bucket that was opened at or before a time, or is about to be.
func (s *Accounts) BucketAt(ctx context.Context, account string, at time.Time) (int64, error) {
	return s.bucketAt(ctx, account, byTime, at.UnixMilli(), store.Recent)
}

// newestAfter is the newest bucket after a closed one, and whether there is one. The last that is listed may be yet to
// be opened.
func (s *Accounts) newestAfter(ctx context.Context, closed logic.Account) (logic.Account, bool, error) {
	bucket, err := s.bucketAt(ctx, closed.ID, byVersion, math.MaxInt64, store.Latest)
	for ; err == nil && bucket > closed.Bucket; bucket-- {
		state, opened, err := s.LoadIn(ctx, closed.ID, bucket)
		if err != nil || opened {
			return state, opened, err
		}
	}
	return logic.Account{}, false, err
}

// List is an account's entries in the order of their sequence, after one of them, without a gap.
func (s *Accounts) List(ctx context.Context, account string, after int64, limit int) ([]logic.Entry, error) {
	bucket, err := s.bucketAt(ctx, account, byVersion, after, store.Recent)
	if err != nil {
		return nil, err
	}
	var all []logic.Entry
	for len(all) < limit {
		some, err := s.ListIn(ctx, account, bucket, after, limit-len(all))
		if err != nil {
			return nil, err
		}
		if len(some) == 0 || some[0].Sequence != after+1 && len(all) > 0 {
			return all, nil
		}
		all = append(all, some...)
		bucket, after = bucket+1, some[len(some)-1].Sequence
	}
	return all, nil
}

// ListIn is List within one bucket.
func (s *Accounts) ListIn(
	ctx context.Context, account string, bucket, after int64, limit int,
) ([]logic.Entry, error) {
	rows, _, err := s.rows.In(account, bucket).Range(int64(rowBySequence)).Above(after).Limit(limit).
		List(ctx, store.Recent)
	if err != nil {
		return nil, fmt.Errorf("listing entries of %s: %w", account, err)
	}
	return entriesOf(rows)
}

// newest remembers in which bucket an account was last seen, if it has rolled: to begin there saves two reads. It may
// be out of date. The zero value is ready.
type newest struct {
	mu      sync.Mutex // Guards the rest.
	buckets map[string]int64
}

// newestMax accounts are remembered; then all are forgotten.
const newestMax = 100_000

func (n *newest) of(account string) int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.buckets[account]
}

func (n *newest) is(account string, bucket int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.buckets == nil || len(n.buckets) >= newestMax {
		n.buckets = make(map[string]int64)
	}
	n.buckets[account] = max(bucket, n.buckets[account])
}
