package logic

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/store"
)

// BucketEntries are how many entries one bucket of an account takes: two rows of some 350 bytes each, 3 MB.
const BucketEntries = 4_096

// Opening is what a bucket began with. It never changes.
type Opening struct {
	Version  int64     // Of the newest entry before.
	NewestID time.Time // The latest time of an id before.
}

const holdPrefix = "hold"

// timeless is the time of an id that has none: it may lie in any bucket.
func timeless() time.Time { return time.UnixMilli(0).UTC() }

// idTime is an id's own time, which is the same for whoever asks, whenever: a hold's, for its changes and its answer
// too; for a leg of a journal, when that was opened.
func idTime(entryID string, opened time.Time) time.Time {
	hold := holdOf(strings.TrimPrefix(entryID, answerPrefix))
	if strings.HasPrefix(hold, holdPrefix+"_") {
		if at, err := id.Time("id", holdPrefix, hold); err == nil {
			return at.UTC()
		}
	}
	if opened.IsZero() {
		return timeless()
	}
	return time.UnixMilli(opened.UnixMilli()).UTC()
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// LatestID is the latest time of an id that is written in the account, be it an entry's or a fence's.
func (a Account) LatestID() time.Time { return later(a.NewestID, a.NewestFence) }

// Sealed is an open bucket's state as closing leaves it: for ever, and provably so.
func (a Account) Sealed() Account {
	a.Closed = true
	hash := sha256.New()
	fmt.Fprintf(hash, "%q %d %d %q %d %d %d %d %d %d %d %v %x %d %d %d %d", a.ID, a.Bucket, a.Version, a.Currency,
		a.Posted, a.Held, a.TotalIn, a.OpenHolds, a.SpendDay, a.SpentToday, a.LastAt.UnixMilli(), a.Counters, a.Chain,
		a.Opening.Version, a.Opening.NewestID.UnixMilli(), a.NewestID.UnixMilli(), a.NewestFence.UnixMilli())
	a.Seal = hash.Sum(nil)
	return a
}

// Next is the state that the bucket after this closed one opens with: the same, carried over.
func (a Account) Next() Account {
	a.NewestID, a.NewestFence = a.LatestID(), timeless()
	a.Opening = Opening{Version: a.Version, NewestID: a.NewestID}
	a.Bucket, a.Closed, a.Seal = a.Bucket+1, false, []byte{}
	return a
}

// entries are how many the bucket has.
func (a Account) entries() int64 { return a.Version - a.Opening.Version }

// mayLieBefore tells whether an id with this time can have a row in a bucket before the account's newest.
func (a Account) mayLieBefore(at time.Time) bool {
	return a.Bucket > 0 && !at.After(a.Opening.NewestID)
}

// rollTries is how often a bucket is rolled against others who write at the same time.
const rollTries = 5

// withRoom is an account's state in an open bucket that takes so many more entries. It closes a bucket that is full
// and opens the next, or finishes that for whoever closed it and died. An error means that nothing else was done.
func (l *Ledger) withRoom(ctx context.Context, state Account, entries int64) (Account, error) {
	for range rollTries {
		if !state.Closed && state.entries()+entries <= l.bucketEntries {
			return state, nil
		}
		var err error
		if state, err = l.roll(ctx, state); err != nil {
			return Account{}, rollFailed(err)
		}
	}
	return Account{}, store.Unavailable(errs.New(errs.Conflict, "The account is busy"))
}

// roll is one step from a bucket that is closed or full towards the next.
func (l *Ledger) roll(ctx context.Context, state Account) (Account, error) {
	if state.Closed { // By somebody else: it may have rolled many times since.
		newest, err := l.accounts.Load(ctx, state.ID)
		if err != nil || !newest.Closed {
			return newest, err
		}
		return l.accounts.OpenNext(ctx, newest)
	}
	sealed := state.Sealed()
	closing, err := l.accounts.Close(ctx, sealed)
	if err != nil || !closing.Posted {
		return closing.Account, err
	}
	return l.accounts.OpenNext(ctx, sealed)
}

// rollFailed says of an unknown outcome that no command was done: rolling again is harmless.
func rollFailed(err error) error {
	if errors.Is(err, store.ErrUnknown) || errs.Is(err, errs.Timeout) {
		return store.Unavailable(err)
	}
	return err
}
