package logic

import "time"

// Month is a calendar month of UTC as a number, 202611: the bucket that a transaction is stored in. An account with
// ten payments a day has about a thousand rows in one, well under what a partition takes.
type Month int64

// MonthOf is the month that t falls into.
func MonthOf(t time.Time) Month {
	year, month, _ := t.UTC().Date()
	return Month(year*100 + int(month))
}
