package clock_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
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

// What is due is done when the clock is moved past it, and what it is moved by meanwhile is not missed.
func TestEveryRunsWhenBusinessTimeIsMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var business clock.Business
		ctx, cancel := context.WithCancel(t.Context())
		var seen []time.Duration
		done := make(chan struct{})
		go func() {
			defer close(done)
			business.Every(ctx, time.Hour, func(context.Context) {
				seen = append(seen, business.Offset())
				if len(seen) == 1 {
					business.Observe(2 * time.Minute)
				}
			})
		}()
		synctest.Wait()
		business.Observe(time.Minute)
		synctest.Wait()
		business.Observe(time.Second) // No growth.
		synctest.Wait()
		time.Sleep(time.Hour)
		synctest.Wait()
		cancel()
		<-done
		if want := []time.Duration{time.Minute, 2 * time.Minute, 2 * time.Minute}; !slices.Equal(seen, want) {
			t.Errorf("it ran at the offsets %v, want %v", seen, want)
		}
	})
}

func TestAClockFollowsItsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clock")
	if ahead, err := clock.File(path).Read(); ahead != 0 || err != nil {
		t.Errorf("no file says %v, %v", ahead, err)
	}
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("soon\n")
	if _, err := clock.File(path).Read(); err == nil {
		t.Error("a file that says no duration was read")
	}
	synctest.Test(t, func(t *testing.T) {
		var business clock.Business
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			clock.File(path).Follow(ctx, &business)
		}()
		for _, step := range []struct {
			text string
			want time.Duration
		}{{"soon\n", 0}, {"192h0m0s\n", 192 * time.Hour}, {"1h\n", 192 * time.Hour}} {
			write(step.text)
			time.Sleep(time.Second)
			if got := business.Offset(); got != step.want {
				t.Errorf("after %q the offset is %v, want %v", step.text, got, step.want)
			}
		}
		cancel()
		<-done
	})
}
