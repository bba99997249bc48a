package terminal

import (
	"fmt"
	"time"
)

// Ago is when something happened, as seen at now and in its time zone: "just now", "12 min ago", "18:04",
// "yesterday", "9 Nov", "9 Nov 2025".
func Ago(at, now time.Time) string {
	at = at.In(now.Location())
	days := int64(midnight(now).Sub(midnight(at)).Round(24*time.Hour) / (24 * time.Hour))
	switch since := now.Sub(at); {
	case since < time.Minute:
		return "just now"
	case since < time.Hour:
		return fmt.Sprintf("%d min ago", int64(since/time.Minute))
	case days == 0:
		return at.Format("15:04")
	case days == 1:
		return "yesterday"
	case at.Year() == now.Year():
		return at.Format("2 Jan")
	default:
		return at.Format("2 Jan 2006")
	}
}

func midnight(t time.Time) time.Time {
	year, month, day := t.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, t.Location())
}
