package scenario

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// ParseDuration reads weeks, days of 24 hours, and what time.ParseDuration knows: "8d", "1w2d", "1d12h", "90m". It must
// be more than zero.
func ParseDuration(text string) (time.Duration, error) {
	parts := regexp.MustCompile(`^(?:(\d{1,4})w)?(?:(\d{1,5})d)?(.*)$`).FindStringSubmatch(text)
	const day = 24 * time.Hour
	total := time.Duration(numberOr0(parts[1]))*7*day + time.Duration(numberOr0(parts[2]))*day
	var err error
	if parts[3] != "" {
		var rest time.Duration
		rest, err = time.ParseDuration(parts[3])
		total += rest
	}
	if err != nil || total <= 0 {
		return 0, fmt.Errorf("a duration must be more than zero, as in 8d, 1w2d, 1d12h or 90m, not %q", text)
	}
	return total, nil
}

// numberOr0 reads digits; none stand for 0.
func numberOr0(digits string) int64 {
	n, _ := strconv.ParseInt(digits, 10, 64)
	return n
}

// next is the first time after now in London that a text names: "04:00", "monday 04:00", "1st 04:00".
func next(text string, now time.Time) (time.Time, error) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		return time.Time{}, err
	}
	day, clock := "", text
	if before, after, ok := strings.Cut(text, " "); ok {
		day, clock = before, after
	}
	at, err := time.Parse("15:04", clock)
	if err != nil {
		return time.Time{}, fmt.Errorf("a time must be as in 04:00, 'monday 04:00' or '1st 04:00', not %q", text)
	}
	from := now.In(london)
	const longest = 32 // Days: a month has a first.
	for days := range longest {
		then := time.Date(from.Year(), from.Month(), from.Day()+days, at.Hour(), at.Minute(), 0, 0, london)
		if then.After(now) && isOn(day, then) {
			return then, nil
		}
	}
	return time.Time{}, fmt.Errorf("there is no day %q", day)
}

func isOn(day string, t time.Time) bool {
	return day == "" || day == strings.ToLower(t.Weekday().String()) || day == "1st" && t.Day() == 1
}
