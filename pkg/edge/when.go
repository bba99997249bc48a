package edge

import (
	"strings"
	"time"
)

// parseTime reads the spellings that clients send: "2026-01-01T00:00:00Z", with up to nine decimals, "+00:00" for the
// Z, a space for the T, and a space for the '+', which is what an unescaped '+' becomes in a query.
func parseTime(value string) (time.Time, bool) {
	const dateChars, clockChars = len("2006-01-02"), len("2006-01-02T15:04:05")
	if len(value) <= clockChars {
		return time.Time{}, false
	}
	b := []byte(strings.ToUpper(value))
	if b[dateChars] == ' ' {
		b[dateChars] = 'T'
	}
	if sign := len(b) - len("+00:00"); sign >= clockChars && b[sign] == ' ' {
		b[sign] = '+'
	}
	t, err := time.Parse(time.RFC3339Nano, string(b))
	return t.UTC(), err == nil
}
