package wire

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestRoundingUpSelectsWhatTheExactTimeWould(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		created := time.UnixMilli(rapid.Int64Range(-2000, 2000).Draw(t, "created"))
		bound := time.Unix(0, rapid.Int64Range(-2e9, 2e9).Draw(t, "bound"))
		rounded := time.UnixMilli(MillisAfter(bound))
		if created.Before(bound) != created.Before(rounded) {
			t.Fatalf("%v before %v, but not so of %v", created, bound, rounded)
		}
	})
}
