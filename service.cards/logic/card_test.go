package logic_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"farthing/pkg/errs"
	"farthing/pkg/pan"
	"farthing/service.cards/logic"
)

func TestNoWayLeadsOutOfClosed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		card := logic.Card{Status: logic.Active, Version: 1}
		statuses := rapid.SliceOf(rapid.SampledFrom([]logic.Status{logic.Active, logic.Frozen, logic.Closed})).Draw(t, "to")
		for _, status := range statuses {
			next, changed, err := card.In(status)
			switch {
			case card.Status == logic.Closed && status != logic.Closed:
				if !errs.Is(err, "precondition_failed.card_closed") || next != card {
					t.Fatalf("closed to %v: %v, %v", status, next, err)
				}
			case err != nil:
				t.Fatalf("from %v to %v: %v", card.Status, status, err)
			case changed != (card.Status != status) || next.Status != status:
				t.Fatalf("from %v to %v: %v, changed %v", card.Status, status, next, changed)
			}
			if wantVersion := card.Version + map[bool]int64{true: 1}[changed]; next.Version != wantVersion {
				t.Fatalf("version %d, want %d", next.Version, wantVersion)
			}
			card = next
		}
	})
}

func TestACardExpiresInTheSameMonthThreeYearsOn(t *testing.T) {
	for issued, want := range map[time.Time]logic.Month{
		time.Date(2026, time.March, 14, 0, 0, 0, 0, time.UTC):      {Year: 2029, Month: time.March},
		time.Date(2024, time.February, 29, 0, 0, 0, 0, time.UTC):   {Year: 2027, Month: time.February},
		time.Date(2026, time.December, 31, 23, 59, 0, 0, time.UTC): {Year: 2029, Month: time.December},
	} {
		if got := logic.ExpiryOf(issued); got != want {
			t.Errorf("issued %v: expires %v, want %v", issued, got, want)
		}
	}
}

func TestDrawnNumbersAreOursAndValid(t *testing.T) {
	seen := make(map[string]bool)
	for range 1000 {
		number, err := logic.DrawNumber()
		if err != nil {
			t.Fatal(err)
		}
		digits := number.Reveal()
		if _, err := pan.Parse("number", digits); err != nil || len(digits) != 16 || !strings.HasPrefix(digits, "999900") {
			t.Fatalf("a number ending in %s: %d digits, %v", number.Last4(), len(digits), err)
		}
		seen[digits] = true
	}
	if len(seen) < 990 {
		t.Errorf("only %d of 1000 numbers differ", len(seen))
	}
}
