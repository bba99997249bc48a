package bench

import (
	"context"
	"sync/atomic"
	"time"

	"farthing/cmd/farthing/bench/loop"
)

// Load is how hard to drive. One of Rate and Concurrency is set.
type Load struct {
	Rate        int // Swipes begun a second, whatever becomes of the ones before (open loop).
	Concurrency int // Swipes at once, each begun when one ends (closed loop).
	Time        time.Duration
}

// loop is the load as a loop takes it.
func (l Load) loop() loop.Load {
	if l.Rate > 0 {
		return loop.Load{Rate: l.Rate, Workers: loop.OpenWorkers, Time: l.Time}
	}
	return loop.Load{Workers: l.Concurrency, Time: l.Time}
}

// driven is what became of the swipes.
type driven struct {
	*loop.Result
	Approved, Declined int64
}

// drive swipes until the load's time is over.
func drive(ctx context.Context, load Load, s *Swiper) *driven {
	var yes, no atomic.Int64
	result := loop.Run(ctx, load.loop(), func(ctx context.Context, _ int) error {
		got, err := s.swipe(ctx)
		switch {
		case err != nil:
			return err
		case got.Outcome == approved:
			yes.Add(1)
		default:
			no.Add(1)
		}
		return nil
	})
	return &driven{result, yes.Load(), no.Load()}
}
