package handler

import (
	"testing"
	"testing/synctest"

	"farthing/pkg/clock"
)

// Of two requests of one hold at about the same time one is told and the other gives up: whichever comes first, the
// second one knows.
func TestOfTwoRequestsAtOnceOneKnowsOfTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlights()
		f.begin("told-first")
		told := f.tell("told-first")
		f.end("told-first")
		f.begin("told-first") // Just after it.
		if !told || f.doubt("told-first") {
			t.Error("what was told was doubted")
		}
		f.end("told-first")

		f.begin("doubted-first")
		f.begin("doubted-first")
		if !f.doubt("doubted-first") || f.tell("doubted-first") {
			t.Error("what was doubted was told without asking")
		}
		f.end("doubted-first")
		f.end("doubted-first")

		if err := clock.Wait(t.Context(), 2*remembered); err != nil {
			t.Fatal(err)
		}
		f.begin("told-first")
		if !f.doubt("told-first") {
			t.Error("a request of long ago is remembered")
		}
		f.end("told-first")
		if len(f.open) != 1 || len(f.over) != 1 {
			t.Errorf("%d flights and %d landed are left", len(f.open), len(f.over))
		}
	})
}
