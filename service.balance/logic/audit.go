package logic

import (
	"context"
	"errors"
	"fmt"
	"time"

	"farthing/pkg/errs"
)

// Fault is where the books contradict themselves.
type Fault struct {
	Account  string
	Sequence int64 // Of the first entry that is wrong; 0 if it is the state or a fence.
	Journal  string
	Rule     string // What is broken: chain, balance, …
	Detail   string // In words.
}

// Error is the fault in one line.
func (f *Fault) Error() string {
	where := f.Journal
	if f.Account != "" {
		where = fmt.Sprintf("%s entry %d", f.Account, f.Sequence)
	}
	return fmt.Sprintf("%s: %s: %s", where, f.Rule, f.Detail)
}

// FaultOf is the fault that an audit's error tells of, nil if it tells of a failure to audit.
func FaultOf(err error) *Fault {
	fault, _ := errors.AsType[*Fault](err)
	return fault
}

// Books is what an audit reads: everything that is kept of the ledger, and nothing that was worked out from it.
type Books interface {
	Buckets
	// LoadIn is the state in one bucket, and whether that was ever opened.
	LoadIn(ctx context.Context, account string, bucket int64) (Account, bool, error)
	// ListIn is a bucket's entries with sequences above one, lowest first, at most limit.
	ListIn(ctx context.Context, account string, bucket, after int64, limit int) ([]Entry, error)
	// AnswersIn is a bucket's rows by id: its entries' first answers, and its fences.
	AnswersIn(ctx context.Context, account string, bucket int64) (map[string]Entry, error)
	// Listed tells whether the list of buckets says with what one was opened.
	Listed(ctx context.Context, opened Account) (bool, error)
	// Journal is a journal as it is kept: not_found.journal if there is none.
	Journal(ctx context.Context, id string) (Journal, error)
}

const auditPage = 500

// Audit derives an account's state again from its entries, bucket by bucket, and compares everything that says the same
// twice: each bucket's state, each entry's own sums and hash, its row by id, its hold, the leg of its journal. It
// answers how many entries there are, and a *Fault at the first that is wrong. It remembers one bucket and the open
// holds, however long the account's life is. It may run while the account is written: what comes after the state that
// it met is left to the next audit.
func Audit(ctx context.Context, books Books, account string, london *time.Location) (entries int64, err error) {
	a := Begin(books, account, london)
	for more := true; more && err == nil; {
		more, err = a.Next(ctx)
	}
	return a.Entries(), err
}

// Auditing is an audit that goes on bucket by bucket, whenever there is time for one: what a bucket that was closed
// says does not change any more.
type Auditing struct{ t *trail }

// Begin is an audit of an account, before its first bucket.
func Begin(books Books, account string, london *time.Location) *Auditing {
	return &Auditing{newTrail(books, account, london)}
}

// Entries is how many entries were found right so far.
func (a *Auditing) Entries() int64 { return a.t.now.Version }

// Next audits one bucket, and answers whether there is another. It fails as Audit does, and must not be called after
// that.
func (a *Auditing) Next(ctx context.Context) (more bool, err error) {
	t := a.t
	// The state first: what the rows that are read later have more is newer.
	state, opened, err := t.books.LoadIn(ctx, t.now.ID, t.now.Bucket)
	switch {
	case err != nil:
		return false, err
	case !opened && t.now.Bucket == 0:
		return false, errs.Missing("account")
	case !opened: // The one before was closed a moment ago.
		return false, nil
	}
	if err := t.bucket(ctx, state); err != nil {
		return false, err
	}
	if !state.Closed {
		return false, t.isNewest(ctx, state)
	}
	t.now = t.now.Next()
	return true, nil
}
