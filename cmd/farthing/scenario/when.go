package scenario

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"farthing/cmd/farthing/bank"
	"farthing/pkg/day"
)

// Advance moves the bank's time on by so much: "8d".
type Advance string

// String is it in a line.
func (a Advance) String() string { return "advance the clock by " + string(a) }

func (a Advance) do(ctx context.Context, p *play) (answer, error) {
	d, err := ParseDuration(string(a))
	if err != nil {
		return answer{}, err
	}
	is, err := p.time(ctx)
	if err != nil {
		return answer{}, err
	}
	return answer{outcome: done}, p.move(ctx, bank.ClockMove{Ahead: is.Ahead + d})
}

// Until moves it on to the next such time in London: "04:00", "monday 04:00", "1st 04:00", "last 04:00".
type Until string

// String is it in a line.
func (u Until) String() string { return "advance the clock to " + string(u) }

func (u Until) do(ctx context.Context, p *play) (answer, error) {
	is, err := p.time(ctx)
	if err != nil {
		return answer{}, err
	}
	then, err := next(string(u), is.Now)
	if err != nil {
		return answer{}, err
	}
	return answer{outcome: done}, p.move(ctx, bank.ClockMove{Ahead: is.Ahead + then.Sub(is.Now)})
}

var (
	durations = regexp.MustCompile(`^(?:(\d{1,4})w)?(?:(\d{1,5})d)?(.*)$`)
	ordinal   = regexp.MustCompile(`^(\d{1,2})(?:st|nd|rd|th)$`)
)

// ParseDuration reads weeks, days of 24 hours, and what time.ParseDuration knows: "8d", "1w2d", "1d12h", "90m". It must
// be more than zero.
func ParseDuration(text string) (time.Duration, error) {
	parts := durations.FindStringSubmatch(text)
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

// next is the first time after now in London that a text names: "04:00", "monday 04:00", "1st 04:00", "31st 04:00" (of
// a month that has one), or on the last of a month: "last 04:00".
func next(text string, now time.Time) (time.Time, error) {
	london, err := day.London()
	if err != nil {
		return time.Time{}, err
	}
	on, clock := "", text
	if before, after, ok := strings.Cut(text, " "); ok {
		on, clock = before, after
	}
	at, err := time.Parse("15:04", clock)
	if err != nil {
		return time.Time{}, fmt.Errorf("a time must be as in 04:00, 'monday 04:00' or '1st 04:00', not %q", text)
	}
	from := now.In(london)
	const longest = 63 // Days from one 31st to the next.
	for days := range longest {
		then := time.Date(from.Year(), from.Month(), from.Day()+days, at.Hour(), at.Minute(), 0, 0, london)
		if then.After(now) && isOn(on, then) {
			return then, nil
		}
	}
	return time.Time{}, fmt.Errorf("there is no day %q", on)
}

func isOn(day string, t time.Time) bool {
	switch day {
	case "", strings.ToLower(t.Weekday().String()):
		return true
	case "last":
		return t.AddDate(0, 0, 1).Day() == 1
	}
	number := ordinal.FindStringSubmatch(day)
	return number != nil && numberOr0(number[1]) == int64(t.Day())
}
