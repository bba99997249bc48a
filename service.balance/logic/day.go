package logic

import "time"

// Day is a customer's day as a number, 20261123: it turns at 04:00 in London, when hardly anybody is out spending.
type Day int64

// dayTurnsAt is the hour of local time.
const dayTurnsAt = 4

// DayOf is the day that t falls into.
func DayOf(t time.Time, london *time.Location) Day {
	local := t.In(london)
	year, month, date := local.Date()
	if local.Hour() < dayTurnsAt { // Still yesterday. Date normalises the zeroth of a month.
		year, month, date = time.Date(year, month, date-1, 12, 0, 0, 0, london).Date()
	}
	return Day(year*10_000 + int(month)*100 + date)
}
