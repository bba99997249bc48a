package logic

import "context"

// answerPrefix and a hold's id are the id of the row that settles who was told of it.
const answerPrefix = "answer:"

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
	row, err := l.fenced(ctx, Entry{
		Account: account, ID: answerPrefix + hold, Kind: Void, Reason: as, At: l.clock.Now(),
	})
	return row.Reason, err
}
