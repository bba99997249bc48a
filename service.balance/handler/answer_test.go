package handler

import (
	"testing"
	"time"
)

// asking is a question about a hold, so long after the one before.
type asking struct {
	after time.Duration
	ask   func(*testing.T, *bank, string) bool
	want  bool
}

func confirming(t *testing.T, b *bank, hold string) bool {
	t.Helper()
	return settled(t)(b.ledger.Confirm(t.Context(), b.account, hold))
}

func disowning(t *testing.T, b *bank, hold string) bool {
	t.Helper()
	return settled(t)(b.ledger.Disown(t.Context(), b.account, hold, false))
}

// findingNoRecord is disowning by somebody who has looked.
func findingNoRecord(t *testing.T, b *bank, hold string) bool {
	t.Helper()
	return settled(t)(b.ledger.Disown(t.Context(), b.account, hold, true))
}

func settled(t *testing.T) func(bool, error) bool {
	t.Helper()
	return func(is bool, err error) bool {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return is
	}
}

func TestAConfirmationStandsForAsLongAsItMayStillBeRecorded(t *testing.T) {
	const month = 31 * 24 * time.Hour
	for name, asked := range map[string][]asking{
		"confirmed": {
			{0, confirming, true}, {5 * time.Second, confirming, true}, {time.Minute, confirming, true},
		},
		"disowned":                        {{0, disowning, true}, {month, confirming, false}, {0, findingNoRecord, true}},
		"confirmed, and perhaps recorded": {{0, confirming, true}, {month, disowning, false}},
		"confirmed a moment ago":          {{0, confirming, true}, {40 * time.Second, findingNoRecord, false}},
		"confirmed and never recorded": {
			{0, confirming, true}, {time.Minute, findingNoRecord, true}, {0, confirming, false}, {month, confirming, false},
		},
		"confirmed once more": {
			{0, confirming, true}, {30 * time.Second, confirming, true}, {40 * time.Second, findingNoRecord, false},
			{20 * time.Second, findingNoRecord, true}, {0, confirming, false},
		},
	} {
		t.Run(name, func(t *testing.T) {
			b, hold := newBank(t, 10_00), holdNamed("h", 1)
			b.hold(t, hold, 8_00)
			for i, a := range asked {
				b.clock.AdvanceTo(b.clock.Now().Add(a.after))
				if got := a.ask(t, b, hold); got != a.want {
					t.Fatalf("question %d was answered %v", i+1, got)
				}
			}
		})
	}
}
