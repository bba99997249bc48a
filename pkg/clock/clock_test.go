package clock_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"farthing/pkg/clock"
)

func TestBusinessTimeOnlyRunsForward(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		past := time.Now().Add(-60 * 24 * time.Hour)
		business := clock.StartingAt(past)
		if got := business.Now(); !got.Equal(past.UTC()) {
			t.Fatalf("a clock starting at %v reads %v", past, got)
		}
		business.AdvanceTo(past.Add(time.Hour))
		business.AdvanceTo(past) // Passed already.
		if got, want := business.Now(), past.Add(time.Hour).UTC(); !got.Equal(want) {
			t.Fatalf("after advancing an hour and back: got %v, want %v", got, want)
		}
		time.Sleep(time.Minute) // Simulated: business time runs with the real one.
		if got, want := business.Now(), past.Add(time.Hour+time.Minute).UTC(); !got.Equal(want) {
			t.Fatalf("a minute later: got %v, want %v", got, want)
		}
	})
}

func TestObserveTakesTheLargerOffset(t *testing.T) {
	var business clock.Business
	business.Observe(time.Hour)
	business.Observe(time.Minute)
	if got := business.Offset(); got != time.Hour {
		t.Fatalf("offset is %v, want 1h", got)
	}
}

func TestWaitEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := clock.Wait(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Fatalf("waiting on an ended context: %v", err)
	}
}
