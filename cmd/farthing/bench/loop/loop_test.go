package loop_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"farthing/cmd/farthing/bench/loop"
	"farthing/pkg/clock"
)

func TestWhatIsDoneAndWhatFailsIsCountedApart(t *testing.T) {
	var calls, broken atomic.Int64
	got := loop.Run(t.Context(), loop.Load{Workers: 4, Time: 20 * time.Millisecond},
		func(_ context.Context, worker int) error {
			calls.Add(1)
			if worker == 3 {
				broken.Add(1)
				return errors.New("worker 3 is broken")
			}
			return nil
		})
	if got.Done == 0 || got.Done != calls.Load()-broken.Load() || got.Failed != broken.Load() {
		t.Errorf("of %d calls, %d broken, came %+v", calls.Load(), broken.Load(), got)
	}
	if got.FirstFailure != "worker 3 is broken" {
		t.Errorf("the first failure is %q", got.FirstFailure)
	}
	if got.PerSecond <= 0 || got.Seconds < 0.02 || got.MaxMillis < got.P50Millis {
		t.Errorf("got %+v", got)
	}
}

func TestALoopEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	got := loop.Run(ctx, loop.Load{Workers: 1, Time: time.Hour}, func(context.Context, int) error {
		cancel()
		return nil
	})
	if got.Done != 1 {
		t.Errorf("did %d, want the one that had begun", got.Done)
	}
}

func TestALoadThatIsOverBeforeItBeganIsDoneOnceByEach(t *testing.T) {
	got := loop.Run(t.Context(), loop.Load{Workers: 3, Time: 0}, func(context.Context, int) error { return nil })
	if got.Done != 3 || got.Failed != 0 {
		t.Errorf("got %+v, want one of each worker", got)
	}
}

func TestAnOpenLoopBeginsWhatItsRateAsksFor(t *testing.T) {
	got := loop.Run(t.Context(), loop.Load{Workers: 8, Rate: 100, Time: 300 * time.Millisecond},
		func(context.Context, int) error { return nil })
	if got.Done != 30 {
		t.Errorf("did %d in 300 ms, at 100 a second", got.Done)
	}
}

func TestAStallCountsForAllThatItDelays(t *testing.T) {
	const stall = 100 * time.Millisecond
	first := true // There is one worker.
	got := loop.Run(t.Context(), loop.Load{Workers: 1, Rate: 100, Time: stall}, func(ctx context.Context, _ int) error {
		if !first {
			return nil
		}
		first = false
		return clock.Wait(ctx, stall)
	})
	if got.Done != 10 || got.P50Millis < 40 {
		t.Errorf("of 10 within a stall of 100 ms came %+v", got)
	}
}
