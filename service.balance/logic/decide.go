package logic

import (
	"fmt"
	"math"
	"time"

	"farthing/pkg/day"
	"farthing/pkg/errs"
	"farthing/pkg/money"
)

// Command asks for one entry. Its id makes it happen once, however often it is asked.
type Command struct {
	ID   string
	Kind Kind // Held, Released, Cleared, Posted, Paid or Moved.
	// Minor units: signed to post, more than zero for all else.
	Amount int64
	// Of a change of a hold, what is left of that before it; zero for a new hold.
	Hold Hold
	// Of a Cleared one: the minor units of its amount that the hold gives.
	Captured int64
	// Why a hold must not be made, as found by whoever knows the card. The decline is still the ledger's to record.
	Refusal Reason
	// A hold that must be made whatever there is, and whatever the card may.
	Forced bool
	// A hold may be of less than its amount if there is less.
	Partial bool
	// Of a hold, and of what is collected beyond one: whose limits count.
	Control       Control
	TransactionID string
	Journal       string
	OpenedAt      time.Time // Of a journal's leg: of the journal as it is stored.
	Traceparent   string
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
	next.NewestID = later(next.NewestID, idTime(c.ID, c.OpenedAt))

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
	today := day.Of(at, london)
	switch c.Kind {
	case Held:
		next, entry := hold(a, c, today)
		return next, entry, nil
	case Released:
		return release(a, c), Entry{Kind: Released}, nil
	case Cleared:
		next, err := post(a, -c.Amount)
		return clearing(next, c, today), Entry{Kind: Cleared, ControlSet: c.Control.Set, Cash: c.Control.Cash}, err
	case Posted:
		next, err := post(a, c.Amount)
		return next, Entry{Kind: Posted}, err
	case Paid, Moved:
		return withdraw(a, c, today)
	case Declined, Void:
	}
	return a, Entry{}, errs.Newf(errs.Internal, "no command has the kind %d", c.Kind)
}

func hold(a Account, c Command, today day.Day) (Account, Entry) {
	amount := c.Amount
	if c.Partial {
		amount, c.Control.Cashback = c.part(a.Available())
	}
	if amount > math.MaxInt64-a.Held { // Nobody can force more than there is.
		c.Forced = false
	}
	d := decideHold(a, c, amount, today)
	entry := Entry{
		Kind: Held, Reason: d.reason, ControlSet: c.Control.Set, Cash: c.Control.Cash,
		Cashback: c.Control.Cashback, Checks: d.checks,
	}
	if d.over() {
		entry.Kind = Declined
		return a, entry
	}
	a.Held += amount
	if c.Hold.Remaining == 0 {
		a.OpenHolds++
	}
	return spend(a, entry, amount, today), entry
}

// part is what may be held of an amount if there is less than that, and how much of it is cash. Whoever gives cash
// beside a purchase gives all of it or none: of such a payment the part is the purchase alone, or nothing.
func (c Command) part(available int64) (amount, cashback int64) {
	switch purchase := c.Amount - c.Control.Cashback; {
	case available >= c.Amount, available <= 0:
	case c.Control.Cashback == 0:
		return available, 0
	case purchase > 0 && purchase <= available:
		return purchase, 0
	}
	return c.Amount, c.Control.Cashback
}

// withdraw takes money if there is enough of it.
func withdraw(a Account, c Command, today day.Day) (Account, Entry, error) {
	d := decideWithdrawal(a, c.Amount)
	if d.over() {
		return a, Entry{Kind: Declined, Reason: d.reason, Checks: d.checks}, nil
	}
	entry := Entry{Kind: c.Kind, Checks: d.checks}
	next, err := post(a, -c.Amount)
	if c.Kind == Paid {
		next = spend(next, entry, c.Amount, today)
	}
	return next, entry, err
}

func post(a Account, minor int64) (Account, error) {
	was := money.Amount{Minor: a.Posted, Currency: a.Currency}
	posted, err := was.Plus(money.Amount{Minor: minor, Currency: a.Currency})
	a.Posted, a.TotalIn = posted.Minor, a.TotalIn+max(minor, 0)
	return a, err
}

// spend counts what an entry has held, or collected without a hold, against its day and its control set.
func spend(a Account, e Entry, minor int64, today day.Day) Account {
	if minor <= 0 {
		return a
	}
	a.SpentToday, a.SpendDay = a.SpentOn(today)+minor, today
	return a.counted(e.ControlSet, minor, Control{Cash: e.Cash, Cashback: e.Cashback}.cashOf(minor), today)
}

// release gives some of a hold back, to the windows in which it was spent as far as they last.
func release(a Account, c Command) Account {
	rest, taken := c.Hold.minus(c.Amount, goodsFirst)
	return takeFromHold(unspend(a, c.Hold, taken), c.Amount, rest)
}

func unspend(a Account, from Hold, taken []Part) Account {
	for _, part := range taken {
		if part.Day == a.SpendDay {
			a.SpentToday -= part.Minor
		}
		a = a.counted(from.ControlSet, -part.Minor, -part.Cash, part.Day)
	}
	return a
}

// clearing ends what a merchant collects of a hold. That was spending already when it was held; what is collected
// beyond it is so today.
func clearing(a Account, c Command, today day.Day) Account {
	a = spend(a, Entry{ControlSet: c.Control.Set, Cash: c.Control.Cash}, c.Amount-c.Captured, today)
	if c.Captured == 0 {
		return a
	}
	rest, _ := c.Hold.minus(c.Captured, cashFirst)
	return takeFromHold(a, c.Captured, rest)
}

func takeFromHold(a Account, minor int64, rest Hold) Account {
	a.Held -= minor
	if rest.Remaining == 0 {
		a.OpenHolds--
	}
	return a
}
