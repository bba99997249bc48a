package apiproto

import "testing"

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
