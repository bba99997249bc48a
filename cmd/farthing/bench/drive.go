package bench

import (
	"context"
	"sync/atomic"

	"farthing/cmd/farthing/bench/loop"
)

// driven is what became of the swipes.
type driven struct {
	*loop.Result
	Approved, Declined int64
}

// drive swipes until the load's time is over.
func drive(ctx context.Context, load loop.Load, s *Swiper) *driven {
	var yes, no atomic.Int64
	result := loop.Run(ctx, load, func(ctx context.Context, _ int) error {
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
