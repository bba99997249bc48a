package logic

import (
	"context"
	"fmt"

	"farthing/pkg/trace"
)

// releasePrefix and the hold's id are the id of the entry that gives it back.
const releasePrefix = "release:"

// Release gives the hold with this id back, in full and once, and answers the entry that did; ok is false when there
// was nothing to give back. A hold that was never made is fenced, so that it never will be: a reversal may arrive
// before its authorisation.
func (l *Ledger) Release(ctx context.Context, account, hold string) (released Entry, ok bool, err error) {
	if _, err := l.accounts.Load(ctx, account); err != nil {
		return Entry{}, false, err
	}
	held, found, err := l.accounts.Find(ctx, account, hold)
	if err == nil && !found {
		held, err = l.fence(ctx, account, Command{ID: hold})
	}
	if err != nil {
		return Entry{}, false, fmt.Errorf("settling the hold to release: %w", err)
	}
	if held.Kind != Held {
		return Entry{}, false, nil
	}
	decision, err := l.Do(ctx, account, Command{
		ID: releasePrefix + hold, Kind: Released, Amount: held.HeldChange, HeldAt: held.At,
		TransactionID: held.TransactionID, Traceparent: trace.Traceparent(ctx),
	})
	return decision.Entry, err == nil && !decision.Repeated, err
}

// A hold may be made and its answer lost. Then either somebody repeats the question and is told "approved", or the
// hold is disowned and released: never both. An "answer:" row under the hold's id, written once, is the arbiter.
//
//	first question ── hold made ── answer lost
//	   repeat ──────── Confirm: writes the row, or finds that it was disowned: a decline
//	   safety net ──── Disown: writes the row, or finds that it was confirmed: the hold stays
//
// A first question needs no row: it is answered within seconds, and the safety net waits a minute.

// Confirm settles that a hold's repeat may be answered "approved". It is false if the hold was disowned.
func (l *Ledger) Confirm(ctx context.Context, account, hold string) (bool, error) {
	settled, err := l.settleAnswer(ctx, account, hold, NoReason)
	return settled == NoReason, err
}

// Disown settles that a hold's repeats are declines from now on. It is false if one was answered "approved".
func (l *Ledger) Disown(ctx context.Context, account, hold string) (bool, error) {
	settled, err := l.settleAnswer(ctx, account, hold, TimedOut)
	return settled == TimedOut, err
}

func (l *Ledger) settleAnswer(ctx context.Context, account, hold string, as Reason) (Reason, error) {
	row, err := l.accounts.Fence(ctx, Entry{
		Account: account, ID: "answer:" + hold, Kind: Void, Reason: as, At: l.clock.Now(),
	})
	return row.Reason, err
}
