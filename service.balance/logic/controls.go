package logic

import (
	"slices"
	"time"

	"farthing/pkg/day"
)

// Window is a stretch of the calendar in which spending is counted. It turns with the customer's day, at 04:00 in
// London: a week on Monday, a month on its first.
type Window int64

// The windows. Their numbers are those of balance.v1.Window.
const (
	OnePayment  Window = 1 // Nothing is counted: each payment is looked at by itself.
	OneDay      Window = 2
	OneWeek     Window = 3
	OneMonth    Window = 4
	CashOneDay  Window = 5 // Of cash alone.
	OneCashback Window = 6 // Of the cash beside one purchase. Nothing is counted.
)

// begins is the first day of the window that a day lies in.
func (w Window) begins(on day.Day) day.Day {
	switch w {
	case OneWeek:
		at := noonOf(on)
		sinceMonday := (int(at.Weekday()) + 6) % 7
		return dayOfDate(at.AddDate(0, 0, -sinceMonday))
	case OneMonth:
		return on - on%100 + 1
	case OnePayment, OneDay, CashOneDay, OneCashback:
	}
	return on
}

// noonOf is a time within a day, in no zone that matters.
func noonOf(d day.Day) time.Time {
	return time.Date(int(d/10_000), time.Month(d/100%100), int(d%100), 12, 0, 0, 0, time.UTC)
}

func dayOfDate(at time.Time) day.Day {
	year, month, date := at.Date()
	return day.Day(year*10_000 + int(month)*100 + date)
}

// Control is under what control a card pays.
type Control struct {
	// Set is whose counters count: a card shares them with its replacements. Empty for none.
	Set string
	// The payment gives cash, and nothing else; or a purchase gives so much of it beside, in minor units.
	Cash     bool
	Cashback int64
	// Limits are looked at in this order. Checks were made before, in theirs, by whoever knows the card.
	Limits []Limit
	Checks []Check
}

// cashOf is how much of an amount is cash.
func (c Control) cashOf(minor int64) int64 {
	if c.Cash {
		return minor
	}
	return min(c.Cashback, minor)
}

// of is how much of an amount a window counts.
func (w Window) of(minor int64, c Control) int64 {
	switch w {
	case CashOneDay:
		return c.cashOf(minor)
	case OneCashback:
		return c.Cashback
	case OnePayment, OneDay, OneWeek, OneMonth:
	}
	return minor
}

// Limit is how much may be spent in a window, in minor units.
type Limit struct {
	Window Window
	Minor  int64
}

// Counters are what one control set has spent in the windows that are open, held or collected.
type Counters struct {
	Set                       string
	Day, Week, Month, CashDay Spent
}

// Spent is minor units in a window, which is named by its first day.
type Spent struct {
	Since day.Day
	Minor int64
}

// in is what was spent in the window that begins on a day.
func (s Spent) in(begins day.Day) int64 {
	if s.Since != begins {
		return 0
	}
	return s.Minor
}

// countersMax bounds the sets of one account. A card and all its replacements are one.
const countersMax = 16

// of is a counter, nil for a window that counts nothing.
func (c *Counters) of(w Window) *Spent {
	switch w {
	case OneDay:
		return &c.Day
	case OneWeek:
		return &c.Week
	case OneMonth:
		return &c.Month
	case CashOneDay:
		return &c.CashDay
	case OnePayment, OneCashback:
	}
	return nil
}

// spentIn is what a set has spent in the window that a day lies in.
func (a Account) spentIn(set string, w Window, today day.Day) int64 {
	i := slices.IndexFunc(a.Counters, func(c Counters) bool { return c.Set == set })
	if i < 0 {
		return 0
	}
	counter := a.Counters[i].of(w)
	if counter == nil {
		return 0
	}
	return counter.in(w.begins(today))
}

// counted is an account after a set has spent on a day, some of it as cash, or got back for minor units below zero.
// What comes back for a window that is over is nobody's any more.
func (a Account) counted(set string, minor, cash int64, on day.Day) Account {
	if set == "" || minor == 0 {
		return a
	}
	a.Counters = slices.Clone(a.Counters) // The state before stays as it is.
	i := slices.IndexFunc(a.Counters, func(c Counters) bool { return c.Set == set })
	if i < 0 {
		if minor < 0 {
			return a
		}
		a.Counters = append(a.Counters, Counters{Set: set})
		if len(a.Counters) > countersMax { // The oldest set's card is long gone.
			a.Counters = a.Counters[1:]
		}
		i = len(a.Counters) - 1
	}
	for _, w := range []Window{OneDay, OneWeek, OneMonth} {
		a.Counters[i].of(w).count(minor, w.begins(on))
	}
	a.Counters[i].CashDay.count(cash, CashOneDay.begins(on))
	return a
}

func (s *Spent) count(minor int64, begins day.Day) {
	switch {
	case s.Since == begins:
		s.Minor += minor
	case s.Since < begins && minor > 0:
		s.Since, s.Minor = begins, minor
	}
}
