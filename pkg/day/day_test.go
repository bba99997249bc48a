package day_test

import (
	"testing"
	"time"
	_ "time/tzdata" // Not every machine knows when London's day begins.

	"farthing/pkg/day"
)

func TestTheDayTurnsAtFourInLondon(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		at   string
		want day.Day
	}{
		{"2026-11-23T03:59:59Z", 20261122}, // Winter: London is UTC.
		{"2026-11-23T04:00:00Z", 20261123},
		{"2026-07-01T02:59:59Z", 20260630}, // Summer: 03:59 there.
		{"2026-07-01T03:00:00Z", 20260701},
		{"2026-03-29T02:59:59Z", 20260328}, // The clocks went forward at 01:00 UTC: 03:59 there.
		{"2026-03-29T03:00:00Z", 20260329},
		{"2026-10-25T03:59:59Z", 20261024}, // The clocks went back at 01:00 UTC.
		{"2026-01-01T00:00:00Z", 20251231},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := day.Of(at, london); got != c.want {
			t.Errorf("%s is in the day %d, want %d", c.at, got, c.want)
		}
	}
}
