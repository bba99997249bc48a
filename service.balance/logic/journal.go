package logic

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/money"
	"farthing/pkg/trace"
	balanceproto "farthing/service.balance/proto"
)

// Journal moves money between accounts: its legs sum to zero. It is written down before its first leg, and whoever
// finds it unfinished rolls it forward; legs have ids of their own, so running it twice is harmless.
type Journal struct {
	ID       string // jrn_…, the same for the same id of the caller's.
	Legs     []Leg
	Request  []byte // A hash of what was asked, to tell a repeat from another request under the same id.
	OpenedAt time.Time
	Finished bool
	// Its first leg was declined, or lost its change of a hold to another: it will never move anything.
	Void bool
}

// Ended tells whether all is done that will ever be.
func (j Journal) Ended() bool { return j.Finished || j.Void }

// Leg is one account's part of a journal.
type Leg struct {
	Account string
	Amount  money.Amount // Signed.
	Kind    Kind         // Of its entry: Posted or Cleared; of a first leg also Paid or Moved, which may be declined.

	// Of a Cleared one that collects what was held: the hold, the number of this change of it, and the minor units of
	// the amount that it gives.
	Hold     string
	Change   int64
	Captured int64

	// Of a Cleared one: against whose limits counts what goes beyond the hold.
	ControlSet string
	Cash       bool
}

// legID is the id of the entry of the journal's n-th leg.
func (j Journal) legID(n int) string {
	if leg := j.Legs[n]; leg.Hold != "" {
		return balanceproto.ChangeID(leg.Hold, leg.Change)
	}
	return fmt.Sprintf("%s:%d", j.ID, n)
}

// request is a hash of what a journal does. Which shard of an internal account a leg goes to hangs on the journal's id.
func (j Journal) request() []byte {
	hash := sha256.New()
	for _, leg := range j.Legs {
		fmt.Fprintf(hash, "%q %d %s %d %q %d %d %q %t\n", leg.Account, leg.Amount.Minor, leg.Amount.Currency, leg.Kind,
			leg.Hold, leg.Change, leg.Captured, leg.ControlSet, leg.Cash)
	}
	return hash.Sum(nil)
}

// Journals is where journals are kept.
type Journals interface {
	// Open writes a journal down unless it is there already, and returns the one that is.
	Open(ctx context.Context, j Journal) (Journal, error)
	// Finish marks it done, and EndVoid void. Repeating them is harmless.
	Finish(ctx context.Context, j Journal) error
	EndVoid(ctx context.Context, j Journal) error
	// Find is a journal, and whether there is one.
	Find(ctx context.Context, id string) (Journal, bool, error)
}

// Bookkeeper runs journals over the ledger.
type Bookkeeper struct {
	Ledger   *Ledger
	Journals Journals
	Accounts Accounts
	Clock    Clock
}

// run posts every leg, the debits first, and answers their entries: of a journal whose debit was declined that alone.
func (b *Bookkeeper) run(ctx context.Context, j Journal) ([]Entry, error) {
	entries := make([]Entry, len(j.Legs))
	for n, leg := range j.Legs {
		if isInternal(leg.Account) {
			if err := b.Accounts.Open(ctx, leg.Account, leg.Amount.Currency); err != nil {
				return nil, fmt.Errorf("opening %s: %w", leg.Account, err)
			}
		}
		command, err := b.commandOf(ctx, j, n)
		if err != nil {
			return nil, err
		}
		decision, err := b.Ledger.Do(ctx, leg.Account, command)
		if err != nil {
			return nil, fmt.Errorf("posting leg %d of %s: %w", n, j.ID, err)
		}
		entries[n] = decision.Entry
		if leg.wasPostedBy(decision.Entry, j.ID) {
			continue
		}
		if n == 0 && leg.wasDeclinedBy(decision.Entry, j.ID) {
			if j.Void {
				return entries[:1], nil
			}
			return entries[:1], b.Journals.EndVoid(ctx, j)
		}
		if n > 0 {
			return nil, errs.Newf(errs.Internal, "leg %d of %s was posted as something else", n, j.ID)
		}
		return nil, errors.Join(changeUsed(), b.Journals.EndVoid(ctx, j))
	}
	if j.Finished {
		return entries, nil
	}
	return entries, b.Journals.Finish(ctx, j)
}

// wasPostedBy tells whether an entry is this leg's. A change of a hold goes to whoever comes first.
func (l Leg) wasPostedBy(e Entry, journalID string) bool {
	return e.Journal == journalID && e.Account == l.Account && e.Kind == l.Kind &&
		e.PostedChange == l.Amount.Minor && e.HeldChange == -l.Captured
}

// wasDeclinedBy tells whether an entry is the refusal of this leg.
func (l Leg) wasDeclinedBy(e Entry, journalID string) bool {
	return l.Kind.asks() && e.Journal == journalID && e.Account == l.Account && e.Kind == Declined
}

func (b *Bookkeeper) commandOf(ctx context.Context, j Journal, n int) (Command, error) {
	leg := j.Legs[n]
	c := Command{
		ID: j.legID(n), Kind: leg.Kind, Amount: leg.Amount.Minor, Journal: j.ID, OpenedAt: j.OpenedAt,
		Traceparent: trace.Traceparent(ctx),
	}
	if leg.Kind == Cleared {
		c.Captured = leg.Captured
		c.Control = Control{Set: leg.ControlSet, Cash: leg.Cash}
	}
	if leg.Kind != Posted {
		c.Amount = -leg.Amount.Minor
	}
	if leg.Hold == "" {
		return c, nil
	}
	var err error
	c.Hold, err = b.Ledger.HoldBefore(ctx, leg.Account, leg.Hold, leg.Change)
	c.TransactionID = c.Hold.TransactionID
	return c, err
}

// RollForward finishes a journal that was left behind by whoever ran it.
func (b *Bookkeeper) RollForward(ctx context.Context, journalID string) error {
	journal, found, err := b.Journals.Find(ctx, journalID)
	if err != nil || !found || journal.Ended() { // Listed and never written: nothing has moved.
		return err
	}
	if _, err := b.run(ctx, journal); err != nil && !errs.Is(err, errs.Conflict) {
		return fmt.Errorf("rolling %s forward: %w", journal.ID, err)
	}
	return nil
}
