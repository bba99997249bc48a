package scenario

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"farthing/scenarios"
)

func TestAStoryThatCannotBePlayedIsRefusedByName(t *testing.T) {
	const head = "title: T\nstory: S\nbalance: 1.00\nsteps:\n"
	for text, want := range map[string]string{
		"title: T\nstory: S\n":                          "must have a title, a story and steps",
		head + "  - swype: {amount: 1.00}\n":            "swype",
		head + "  - swipe: {amount: 1.00, att: X}\n":    "att",
		head + "  - swipe: {amount: much, at: X}\n":     "amount",
		head + "  - swipe: {amount: 1.005, at: X}\n":    "amount",
		head + "  - say: nothing\n":                     "step 1: nothing happens",
		head + "  - {card: freeze, advance: 1d}\n":      "step 1: only one thing",
		head + "  - {settle: {}, cancel_order: rent}\n": "step 1: only one thing",
		head + "  - settle: {mising: 1}\n":              "mising",
		head + "  - pay: {amount: 1.00, tow: x}\n":      "tow",
		head + "  - expect: {report: {misng: 1}}\n":     "misng",
		head + "  - expect: {balance: [1.00, 2.00]}\n":  "amount",
	} {
		if _, err := Parse("mine", []byte(text)); err == nil || !strings.Contains(err.Error(), want) ||
			!strings.HasPrefix(err.Error(), "mine: ") {
			t.Errorf("%q was refused with %v, want %q", text, err, want)
		}
	}
}

func TestTimesInLondon(t *testing.T) {
	friday := time.Date(2026, 10, 23, 12, 0, 0, 0, time.UTC) // 13:00 in London, two days before its clocks go back.
	for text, want := range map[string]string{
		"13:01":        "2026-10-23T12:01:00Z",
		"13:00":        "2026-10-24T12:00:00Z",
		"04:00":        "2026-10-24T03:00:00Z",
		"friday 04:00": "2026-10-30T04:00:00Z",
		"monday 04:00": "2026-10-26T04:00:00Z",
		"1st 04:00":    "2026-11-01T04:00:00Z",
		"31st 06:00":   "2026-10-31T06:00:00Z",
		"22nd 06:00":   "2026-11-22T06:00:00Z",
		"last 06:00":   "2026-10-31T06:00:00Z",
	} {
		if got, err := next(text, friday); err != nil || got.UTC().Format(time.RFC3339) != want {
			t.Errorf("%s after %v is %v, %v, want %s", text, friday, got.UTC(), err, want)
		}
	}
	lastOfOctober := time.Date(2026, 10, 31, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"31st 06:00": "2026-12-31T06:00:00Z", "last 06:00": "2026-11-30T06:00:00Z",
	} {
		if got, err := next(text, lastOfOctober); err != nil || got.UTC().Format(time.RFC3339) != want {
			t.Errorf("%s after %v is %v, %v, want %s", text, lastOfOctober, got.UTC(), err, want)
		}
	}
	for _, text := range []string{"", "25:00", "someday 04:00", "monday", "32nd 04:00", "0th 04:00", "1 04:00"} {
		if got, err := next(text, friday); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

func TestDigitsAreKeptAsTheyAreWritten(t *testing.T) {
	s, err := Parse("mine", []byte("title: T\nstory: S\nsteps:\n"+
		"  - swipe: {at: X, local: {amount: 30.00, rate: 0.8570}}\n  - pay: {number: 00012345}\n"))
	if err != nil {
		t.Fatal(err)
	}
	local, number := s.Steps[0].Swipe.Local, s.Steps[1].Pay.Number
	if local.Amount != "30.00" || local.Rate != "0.8570" || number != "00012345" {
		t.Errorf("they were read as %q, %q, %q", local.Amount, local.Rate, number)
	}
}

func TestDurations(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"8d": 8 * day, "1w2d": 9 * day, "1d12h": day + 12*time.Hour, "90m": 90 * time.Minute, "2w": 14 * day,
	} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%s is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0d", "-1d", "1d-48h", "8", "d", "8 d", "99999999d"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

// The table in the README is what there is.
func TestTheReadmeListsEveryStory(t *testing.T) {
	all, err := All(scenarios.Files)
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../../scenarios/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if line := "| [" + s.Name + "](" + s.Name + ".yaml) | " + s.Title + " |\n"; !strings.Contains(string(readme), line) {
			t.Errorf("it lacks the line\n%s", line)
		}
	}
	if got := strings.Count(string(readme), ".yaml) |"); got != len(all) {
		t.Errorf("it lists %d of %d", got, len(all))
	}
}

func FuzzParse(f *testing.F) {
	files, err := fs.Glob(scenarios.Files, "*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := fs.ReadFile(scenarios.Files, file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if s, err := Parse("fuzzed", text); err == nil && (s.Title == "" || len(s.Steps) == 0) {
			t.Errorf("a story without a title or steps was read")
		}
	})
}
