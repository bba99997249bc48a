package logic

import (
	"context"
	"errors"
	"fmt"
	"time"
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
	// Load and List are those of Accounts.
	Load(ctx context.Context, id string) (Account, error)
	List(ctx context.Context, account string, after int64, limit int) ([]Entry, error)
	Find(ctx context.Context, account, id string) (Entry, bool, error)
	// Answers is an account's rows by id: its entries' first answers, and its fences.
	Answers(ctx context.Context, account string) (map[string]Entry, error)
	// Journal is a journal as it is kept: not_found.journal if there is none.
	Journal(ctx context.Context, id string) (Journal, error)
}

const auditPage = 500

// Audit derives an account's state again from its entries, and compares everything that says the same twice: the state,
// each entry's own sums and hash, its row by id, its hold, the leg of its journal. It answers how many entries there
// are, and a *Fault at the first that is wrong. It may run while the account is written: what comes after the state
// that it began with is left to the next audit.
func Audit(ctx context.Context, books Books, account string, london *time.Location) (entries int64, err error) {
	state, err := books.Load(ctx, account) // First: what the rows read later have more is newer.
	if err != nil {
		return 0, err
	}
	answers, err := books.Answers(ctx, account)
	if err != nil {
		return 0, err
	}
	t := newTrail(state, answers, london)
	for t.now.Version < state.Version {
		page, err := books.List(ctx, account, t.now.Version, auditPage)
		if err != nil {
			return t.now.Version, err
		}
		if len(page) == 0 {
			return t.now.Version, t.fault("sequence", "the entry is missing")
		}
		for _, e := range page[:min(int64(len(page)), state.Version-t.now.Version)] {
			if err := t.take(ctx, books, e); err != nil {
				return t.now.Version, err
			}
		}
	}
	return t.now.Version, t.end()
}
