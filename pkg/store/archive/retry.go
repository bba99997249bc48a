package archive

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/store"
)

// How long to wait before trying again: about twice as long each time.
const (
	firstWait = 10 * time.Millisecond
	longWait  = 2 * time.Second

	readTries = 12 // Some ten seconds. An export that ends with an error goes on when it is asked again.
	forEver   = 0
)

// again does what may be repeated until its outcome is known, so many times or until the context ends.
func again(ctx context.Context, r *reporter, tries int, do func() error) error {
	wait := firstWait
	for n := 1; ; n++ {
		err := do()
		if !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, store.ErrUnknown) {
			return err
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
		if n == tries {
			return err
		}
		r.waiting(err)
		jittered := wait/2 + rand.N(wait) //nolint:gosec // Nobody gains by guessing it.
		if ended := clock.Wait(ctx, jittered); ended != nil {
			return fmt.Errorf("%w: %w", ended, err)
		}
		wait = min(2*wait, longWait)
	}
}
