// Package demo is the demonstration customer: who that is, and the six months that a bank has known them when it is
// first started. What happened on a date depends on nothing but the date, so that two banks of one day are alike.
package demo

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"farthing/pkg/money"
)

// Kind is what sort of thing happened.
type Kind string

// What happens in a life.
const (
	PaidIn   Kind = "paid_in"   // Money comes in.
	PaidOut  Kind = "paid_out"  // The rent.
	PutAside Kind = "put_aside" // Into the pot…
	TakenOut Kind = "taken_out" // …and out of it.
	Swiped   Kind = "swiped"    // The card is used.
	Cleared  Kind = "cleared"   // The merchant collects what was swiped.
	Refunded Kind = "refunded"  // The merchant sends it back.
	Frozen   Kind = "frozen"    // The customer freezes the card…
	Unfrozen Kind = "unfrozen"  // …and finds it again.
)

// Happening is one thing that happened.
type Happening struct {
	At         time.Time
	Kind       Kind
	Amount     money.Amount // More than zero, in pounds.
	Local      money.Amount // What the merchant charged, if in another currency.
	Descriptor string       // As a card network prints it.
	MCC        string
	Declined   string // The reason for which it is declined; empty if it is not.
	// Of what is collected or sent back, when it was swiped.
	SwipedAt time.Time
}

// DaysMax is the longest that the customer has been with the bank: six months.
const DaysMax = 183

const (
	quiet = 90 * time.Minute // The newest happening is at least so old: its push is not worth sending.

	firstPayIn = 2_400_00
	salary     = 1_950_00
	payday     = 25
	rent       = 1_050_00
	rentDay    = 1
	saved      = 150_00
	savingDay  = 26
)

// Days before today on which something out of the ordinary happened.
const (
	tripFrom, tripTo   = 36, 29   // The weekend that began between them was spent in Paris,
	firstFrom, firstTo = 141, 134 // and so was this one.
	takenFromPot       = 45
	boughtInVain       = 26
	broughtBack        = 19
	lostCard           = 20
	tooDear            = 10
)

// Life is what has happened to the customer in so many days up to now, from 1 to DaysMax, in order and in now's time
// zone, which is London's. In six months that is at least 250 purchases, two more that were declined, and never an
// approved one that the account could not pay; a salary, rent, a pot, a refund.
func Life(now time.Time, days int) []Happening {
	today := midnight(now)
	var life []Happening
	for ago := days; ago >= 0; ago-- {
		life = append(life, dayOf(today.AddDate(0, 0, -ago), ago)...)
	}
	start := today.AddDate(0, 0, -days).Add(8 * time.Hour)
	life = slices.DeleteFunc(life, func(h Happening) bool { return !h.At.After(start) }) // Money comes first.
	life = append(life, paidIn(start, firstPayIn))
	life = append(life, clearings(life)...)
	slices.SortStableFunc(life, func(a, b Happening) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Descriptor, b.Descriptor))
	})
	return slices.DeleteFunc(possible(life, start), func(h Happening) bool { return h.At.After(now.Add(-quiet)) })
}

// possible is a life that began at a time without what would have needed one that began before: a refund of what was
// bought earlier, money out of a pot that has not got it yet.
func possible(life []Happening, start time.Time) []Happening {
	var pot int64
	return slices.DeleteFunc(life, func(h Happening) bool {
		switch {
		case h.Kind == PutAside:
			pot += h.Amount.Minor
		case h.Kind == TakenOut && pot < h.Amount.Minor:
			return true
		case h.Kind == TakenOut:
			pot -= h.Amount.Minor
		}
		return h.Kind == Refunded && h.SwipedAt.Before(start)
	})
}

// clearAfter is how many nights later merchants collect.
const clearAfter = 2

// clearings are what merchants collect: exactly what they swiped, in the order in which they did, at night.
func clearings(life []Happening) []Happening {
	var collected []Happening
	for _, h := range life {
		if h.Kind != Swiped || h.Declined != "" {
			continue
		}
		inTheDay := h.At.Sub(midnight(h.At))
		night := midnight(h.At).AddDate(0, 0, clearAfter).Add(2*time.Hour + inTheDay/60)
		h.Kind, h.At, h.SwipedAt = Cleared, night, h.At
		collected = append(collected, h)
	}
	return collected
}

// Begin is when the customer comes to the bank: shortly before the first thing happens.
func Begin(life []Happening) time.Time { return life[0].At.Add(-10 * time.Minute) }

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

// dayOf is one day, which begins at a time that is so many days ago.
func dayOf(begins time.Time, ago int) []Happening {
	d := &day{begins: begins, chance: chanceOf(begins)}
	switch weekday := begins.Weekday(); {
	case weekday == time.Saturday && onTrip(ago), weekday == time.Sunday && onTrip(ago+1):
		d.abroad()
	case weekday == time.Saturday:
		d.saturday()
	case weekday == time.Sunday:
		d.sunday()
	default:
		d.workday(weekday)
	}
	d.monthly()
	switch ago {
	case takenFromPot:
		d.takeFromPot()
	case boughtInVain:
		d.happenings = append(d.happenings, swiped(inVain(begins), coat, coat.prices[0]))
	case broughtBack:
		d.bringBack()
	case lostCard:
		d.loseCard()
	case tooDear:
		d.wantTooMuch()
	}
	return d.happenings
}

// onTrip is whether a Saturday so many days ago began the weekend in Paris.
func onTrip(ago int) bool {
	return ago <= tripFrom && ago > tripTo || ago <= firstFrom && ago > firstTo
}

// chanceOf is the same for a date each time.
func chanceOf(date time.Time) *rand.Rand {
	const seed = 1961                                       // When Britain's farthing was no longer money.
	return rand.New(rand.NewPCG(seed, uint64(date.Unix()))) //nolint:gosec // A story, not a secret.
}
