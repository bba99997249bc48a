package logic

import (
	"context"
	"fmt"
	"math"
	"time"
)

// answerPrefix and a hold's id begin the ids of the rows that settle who was told of it.
const answerPrefix = "answer:"

// A hold may be made and its answer lost. Then either somebody repeats the question and is told "approved", or the
// hold is disowned and released: never both. An "answer:" row under the hold's id, written once, is the arbiter.
//
//	first question ── hold made ── answer lost
//	   repeat ──────── Confirm: writes the row, or finds that it was disowned: a decline
//	   safety net ──── Disown: writes the row, or finds that it was confirmed: the hold stays
//
// A first question needs no row: it is answered within seconds, and the safety net waits a minute.
//
// A repeat that was confirmed may fail before it is recorded, and then nobody is answered either. So a confirmation is
// good for a while only, in which it must be recorded: a later repeat writes one of its own, and a later safety net
// that has found no record may disown, each in the next row.

const (
	// confirmedFor is how long a repeat may rely on a confirmation, its own or another's, plus what it takes to record:
	// far more than any deadline on the way.
	confirmedFor = 15 * time.Second
	// unrecordedAfter is the age of a confirmation of which there would be a record by now: confirmedFor, a try of the
	// safety net between its look and its asking, what clocks differ by, and as much again.
	unrecordedAfter = 50 * time.Second
	// forEver is how long a confirmation stands in the way of those who have not looked for a record.
	forEver = time.Duration(math.MaxInt64)
)

// Confirm settles that a hold's repeat may be answered "approved", if it is recorded within seconds. It is false if the
// hold was disowned.
func (l *Ledger) Confirm(ctx context.Context, account, hold string) (bool, error) {
	return l.settleAnswer(ctx, account, hold, NoReason, confirmedFor)
}

// Disown settles that a hold's repeats are declines from now on. It is false if one was confirmed: unless that is long
// ago, and whoever asks has just found no record of its approval.
func (l *Ledger) Disown(ctx context.Context, account, hold string, unrecorded bool) (bool, error) {
	if unrecorded {
		return l.settleAnswer(ctx, account, hold, TimedOut, unrecordedAfter)
	}
	return l.settleAnswer(ctx, account, hold, TimedOut, forEver)
}

// settleAnswer tells whether it is settled as is wanted. It writes the first row that is missing, after confirmations
// that no longer stand in the way.
func (l *Ledger) settleAnswer(
	ctx context.Context, account, hold string, as Reason, stands time.Duration,
) (bool, error) {
	for n := 1; ; n++ {
		now := l.clock.Now()
		row, err := l.fenced(ctx, Entry{Account: account, ID: answerID(hold, n), Kind: Void, Reason: as, At: now})
		if err != nil {
			return false, err
		}
		if row.Reason == TimedOut || now.Sub(row.At) < stands {
			return row.Reason == as, nil
		}
	}
}

// answerID is the id of the nth row, from 1.
func answerID(hold string, n int) string {
	if n == 1 {
		return answerPrefix + hold
	}
	return fmt.Sprintf("%s%s:%d", answerPrefix, hold, n)
}
