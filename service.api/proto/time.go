// Package apiproto is the shapes of the public API: what service.api answers, and what a webhook's body holds. A key is
// only ever added: programs index those that there are without looking.
package apiproto

import "time"

// Time is an instant as the API shows it: RFC 3339, UTC, always three decimals.
func Time(unixMillis int64) string {
	return time.UnixMilli(unixMillis).UTC().Format("2006-01-02T15:04:05.000Z")
}
