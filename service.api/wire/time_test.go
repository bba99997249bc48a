package wire

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestATimeHasThreeDecimalsAndEndsInZ(t *testing.T) {
	for millis, want := range map[int64]string{
		0:                 "1970-01-01T00:00:00.000Z",
		1_510_230_653_695: "2017-11-09T12:30:53.695Z",
		1_510_230_653_000: "2017-11-09T12:30:53.000Z",
	} {
		if got := Time(millis); got != want {
			t.Errorf("%d: got %s, want %s", millis, got, want)
		}
	}
}

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
