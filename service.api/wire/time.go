// Package wire is how all areas of the public API spell times and pages.
package wire

import "time"

// Time is an instant as the API shows it: RFC 3339, UTC, always three decimals.
func Time(unixMillis int64) string {
	return time.UnixMilli(unixMillis).UTC().Format("2006-01-02T15:04:05.000Z")
}

// MillisAfter is an instant as whole Unix milliseconds, rounded up. Things are created at whole milliseconds, so that
// "at or after t" and "before t" select the same of them when t is rounded up.
func MillisAfter(t time.Time) int64 {
	millis := t.UnixMilli()
	if t.After(time.UnixMilli(millis)) {
		millis++
	}
	return millis
}
