package rpc_test

import (
	"context"
	"testing"
	"testing/synctest"

	"farthing/pkg/rpc"
)

func TestWhatOverrunsItsDeadlineIsToldWhileItIsOfUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, rpc.NewInProcess())
		w.echo.does(untilDone)
		ctx, cancel := context.WithTimeout(t.Context(), 2*rpc.LeastTime)
		defer cancel()
		err := say(ctx, w.from(t, "service.stranger"))
		want := "timeout.outcome_unknown: The outcome is not known; repeat with the same id"
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if ctx.Err() != nil {
			t.Error("the answer came too late to be used")
		}
	})
}
