package logic

import (
	"context"
	"time"

	"farthing/pkg/errs"
)

// Buckets is where an id is looked for.
type Buckets interface {
	// Load is the newest state, of a closed bucket if the next is yet to be opened: not_found.account if the ledger was
	// never opened.
	Load(ctx context.Context, id string) (Account, error)
	// FindIn is the entry with an id in one bucket, as it was first written, and whether there is one. It decides.
	FindIn(ctx context.Context, account string, bucket int64, id string) (Entry, bool, error)
	// FirstBucket is the first bucket at whose end there were ids as late as this time: an id with that time has no
	// row before. There must be such a bucket before the newest.
	FirstBucket(ctx context.Context, account string, at time.Time) (int64, error)
}

// wanted is an id, and where it may lie.
type wanted struct {
	id          string
	at          time.Time // The id's own.
	absentBelow int64     // No bucket before this one has it.
}

// below looks for an id in the buckets before an account's newest one, which are closed: what is absent there stays so.
// The usual id is later than all of theirs, and costs no read.
func (w *wanted) below(ctx context.Context, in Buckets, state Account) (Entry, bool, error) {
	if w.absentBelow >= state.Bucket || !state.mayLieBefore(w.at) {
		return Entry{}, false, nil
	}
	first, err := in.FirstBucket(ctx, state.ID, w.at)
	if err != nil {
		return Entry{}, false, err
	}
	for bucket := max(first, w.absentBelow); bucket < state.Bucket; bucket++ {
		entry, found, err := in.FindIn(ctx, state.ID, bucket, w.id)
		if err != nil || found {
			return entry, found, err
		}
		w.absentBelow = bucket + 1
	}
	return Entry{}, false, nil
}

// upTo looks for it in an account's newest bucket, too.
func (w *wanted) upTo(ctx context.Context, in Buckets, state Account) (Entry, bool, error) {
	entry, found, err := w.below(ctx, in, state)
	if err != nil || found {
		return entry, found, err
	}
	return in.FindIn(ctx, state.ID, state.Bucket, w.id)
}

// find is the entry with the id of a hold or of one of its changes, as it was first written, and whether there is one.
// It decides: what it does not find was not there.
func (l *Ledger) find(ctx context.Context, account, id string) (Entry, bool, error) {
	w := &wanted{id: id, at: idTime(id, time.Time{})}
	known := l.queues.of(account).remembered()
	if known != nil {
		if entry, found, err := w.upTo(ctx, l.accounts, *known); err != nil || found {
			return entry, found, err
		}
	}
	newest, err := l.accounts.Load(ctx, account)
	if err != nil || known != nil && newest.Bucket == known.Bucket { // It is absent from what is still the newest.
		return Entry{}, false, err
	}
	return w.upTo(ctx, l.accounts, newest)
}

// findEver is the entry with an id, in any bucket of an account that may be yet to be opened. Opened is as for idTime.
func findEver(ctx context.Context, in Buckets, account, id string, opened time.Time) (Entry, bool, error) {
	newest, err := in.Load(ctx, account)
	if errs.Is(err, errs.NotFound) {
		return Entry{}, false, nil
	}
	if err != nil {
		return Entry{}, false, err
	}
	return (&wanted{id: id, at: idTime(id, opened)}).upTo(ctx, in, newest)
}
