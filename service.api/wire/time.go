// Package wire is how all areas of the public API read times and pages.
package wire

import "time"

// MillisAfter is an instant as whole Unix milliseconds, rounded up. Things are created at whole milliseconds, so that
// "at or after t" and "before t" select the same of them when t is rounded up.
func MillisAfter(t time.Time) int64 {
	millis := t.UnixMilli()
	if t.After(time.UnixMilli(millis)) {
		millis++
	}
	return millis
}
