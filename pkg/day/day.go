// Package day is the customer's day, by which spending is counted.
package day

import "time"

// London is where days turn. It fails where nobody has zone data: a program imports time/tzdata.
func London() (*time.Location, error) { return time.LoadLocation("Europe/London") }

// Day is a customer's day as a number, 20261123: it turns at 04:00 in London, when hardly anybody is out spending.
type Day int64

// turnsAt is the hour of local time.
const turnsAt = 4

// Of is the day that t falls into.
func Of(t time.Time, london *time.Location) Day {
	local := t.In(london)
	year, month, date := local.Date()
	if local.Hour() < turnsAt { // Still yesterday. Date normalises the zeroth of a month.
		year, month, date = time.Date(year, month, date-1, 12, 0, 0, 0, london).Date()
	}
	return Day(year*10_000 + int(month)*100 + date)
}
