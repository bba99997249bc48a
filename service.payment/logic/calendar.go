package logic

import (
	"time"

	"farthing/pkg/errs"
)

// Date is a day of the calendar, in no zone. The zero Date is none.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

const dateLayout = "2006-01-02"

// ParseDate reads a day such as 2026-11-30, and fails, naming the field, on anything else.
func ParseDate(field, text string) (Date, error) {
	t, err := time.Parse(dateLayout, text)
	if err != nil {
		return Date{}, errs.BadParam(field, "must be a date, such as 2026-11-30")
	}
	return dateOf(t), nil
}

// DateIn is the day that it is in a zone.
func DateIn(t time.Time, zone *time.Location) Date { return dateOf(t.In(zone)) }

func dateOf(t time.Time) Date {
	year, month, day := t.Date()
	return Date{year, month, day}
}

// IsZero tells whether it is no date.
func (d Date) IsZero() bool { return d == Date{} }

// String is the date as ParseDate reads it, empty for none.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.At(0, time.UTC).Format(dateLayout)
}

// At is an hour of the day, as clocks in a zone show it.
func (d Date) At(hour int, zone *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, hour, 0, 0, 0, zone)
}

// Before tells whether it is an earlier day.
func (d Date) Before(other Date) bool { return d.At(0, time.UTC).Before(other.At(0, time.UTC)) }

// Plus is so many days later.
func (d Date) Plus(days int) Date {
	return dateOf(time.Date(d.Year, d.Month, d.Day+days, 0, 0, 0, 0, time.UTC))
}

// Frequency is how often a standing order runs. Its numbers are those of payment.v1.Frequency.
type Frequency int

// The frequencies.
const (
	Weekly  Frequency = 1
	Monthly Frequency = 2
)

// Schedule is the days on which a standing order runs.
type Schedule struct {
	Frequency Frequency
	Day       int  // Of a monthly one: 1 to 31; in a month without it the last day.
	First     Date // No run is before it. A weekly one runs on it, and every seven days from then on.
	Last      Date // No run is after it; none for no end.
}

// daysOfWeek are those between two runs of a weekly order.
const daysOfWeek = 7

// monthDaysMax is the longest month.
const monthDaysMax = 31

// Check fails, naming the field, on a schedule that never runs or makes no sense.
func (s Schedule) Check(today Date) error {
	switch {
	case s.Frequency != Weekly && s.Frequency != Monthly:
		return errs.BadParam("frequency", "must be weekly or monthly")
	case s.Frequency == Monthly && (s.Day < 1 || s.Day > monthDaysMax):
		return errs.BadParam("day", "must be from 1 to 31")
	case s.Frequency == Weekly && s.Day != 0:
		return errs.BadParam("day", "is of monthly orders only")
	case s.First.Before(today):
		return errs.BadParam("first_date", "must not be in the past")
	case !s.Last.IsZero() && s.Last.Before(s.First):
		return errs.BadParam("last_date", "must not be before the first")
	}
	if _, runs := s.Begin(); !runs {
		return errs.BadParam("last_date", "must leave a day to run on")
	}
	return nil
}

// Begin is the first day on which it runs, and whether there is any.
func (s Schedule) Begin() (Date, bool) { return s.From(s.First) }

// After is the next day on which it runs after another day, and whether there is one.
func (s Schedule) After(d Date) (Date, bool) { return s.From(d.Plus(1)) }

// From is the first day, from another on, on which it runs, and whether there is one.
func (s Schedule) From(d Date) (Date, bool) {
	if d.Before(s.First) {
		d = s.First
	}
	next := s.onOrAfter(d)
	return next, s.Last.IsZero() || !s.Last.Before(next)
}

func (s Schedule) onOrAfter(d Date) Date {
	if s.Frequency == Weekly {
		days := int(d.At(0, time.UTC).Sub(s.First.At(0, time.UTC)) / (24 * time.Hour))
		return d.Plus((daysOfWeek - days%daysOfWeek) % daysOfWeek)
	}
	if this := s.inMonth(d.Year, d.Month); !this.Before(d) {
		return this
	}
	next := dateOf(time.Date(d.Year, d.Month+1, 1, 0, 0, 0, 0, time.UTC))
	return s.inMonth(next.Year, next.Month)
}

// inMonth is the day of a month on which it runs: the last one of a month that is too short.
func (s Schedule) inMonth(year int, month time.Month) Date {
	end := dateOf(time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC))
	return Date{year, month, min(s.Day, end.Day)}
}

// tryHours are the hours of the day, in London, at which a run is tried until there is enough money.
func tryHours() []int { return []int{6, 9, 12, 15, 18} }

// TryAt is when a run's n-th try is due, counted from 0. After the last it is false: the run has failed.
func TryAt(d Date, n int, london *time.Location) (time.Time, bool) {
	hours := tryHours()
	if n >= len(hours) {
		return time.Time{}, false
	}
	return d.At(hours[n], london), true
}

// NextTry is the number of the next try, after one that found too little money at a time; false if the day is over.
// Tries that were missed because nobody was there are not made up for.
func NextTry(d Date, n int, now time.Time, london *time.Location) (int, bool) {
	for n++; ; n++ {
		at, more := TryAt(d, n, london)
		if !more {
			return 0, false
		}
		if at.After(now) {
			return n, true
		}
	}
}
