package logic

import (
	"fmt"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/money"
)

// Command asks for one entry. Its id makes it happen once, however often it is asked.
type Command struct {
	ID   string
	Kind Kind // Held, Released or Posted.
	// Minor units: more than zero to hold or release, signed to post.
	Amount int64
	// Why a hold must not be made, as found by whoever knows the card. The decline is still the ledger's to record.
	Refusal       Reason
	TransactionID string
	Journal       string
	// When the hold that is released was made: it counts against that day's spending.
	HeldAt time.Time

	Traceparent string
}

// Moment is when a decision is made.
type Moment struct {
	Now    time.Time
	Offset time.Duration // Of the business clock.
	London *time.Location
}

// Decide is the ledger's one rule: the state after a command, and the entry that explains it. It is pure, and it never
// goes back in time. It fails only where int64 would overflow.
func Decide(a Account, c Command, m Moment) (Account, Entry, error) {
	at := m.Now
	if at.Before(a.LastAt) {
		at = a.LastAt
	}
	next, entry, err := effect(a, c, at, m.London)
	if err != nil {
		return a, Entry{}, fmt.Errorf("deciding %s: %w", c.ID, err)
	}
	next.Version++
	next.LastAt = at

	entry.Account, entry.ID, entry.Sequence, entry.At = a.ID, c.ID, next.Version, at
	entry.TransactionID, entry.Journal = c.TransactionID, c.Journal
	entry.PostedChange, entry.HeldChange = next.Posted-a.Posted, next.Held-a.Held
	entry.Posted, entry.Held = next.Posted, next.Held
	entry.Traceparent, entry.ClockOffset = c.Traceparent, m.Offset
	entry.Chain = chained(a.Chain, entry)
	next.Chain = entry.Chain
	return next, entry, nil
}

// effect is what a command does to the money: the new state, and the kind and reason of the entry.
func effect(a Account, c Command, at time.Time, london *time.Location) (Account, Entry, error) {
	switch c.Kind {
	case Held:
		next, reason := hold(a, c, DayOf(at, london))
		if reason != NoReason {
			return next, Entry{Kind: Declined, Reason: reason}, nil
		}
		return next, Entry{Kind: Held}, nil
	case Released:
		return release(a, c, london), Entry{Kind: Released}, nil
	case Posted:
		was := money.Amount{Minor: a.Posted, Currency: a.Currency}
		posted, err := was.Plus(money.Amount{Minor: c.Amount, Currency: a.Currency})
		a.Posted = posted.Minor
		return a, Entry{Kind: Posted}, err
	case Declined, Void:
	}
	return a, Entry{}, errs.Newf(errs.Internal, "no command has the kind %d", c.Kind)
}

func hold(a Account, c Command, today Day) (Account, Reason) {
	switch {
	case c.Refusal != NoReason:
		return a, c.Refusal
	case c.Amount > a.Available():
		return a, InsufficientFunds
	}
	a.Held += c.Amount // No overflow: it is at most Posted.
	a.OpenHolds++
	a.SpentToday = a.SpentOn(today) + c.Amount
	a.SpendDay = today
	return a, NoReason
}

// release gives a hold back, to its own day's spending too while that day lasts.
func release(a Account, c Command, london *time.Location) Account {
	a.Held -= c.Amount
	a.OpenHolds--
	if DayOf(c.HeldAt, london) == a.SpendDay {
		a.SpentToday -= c.Amount
	}
	return a
}
