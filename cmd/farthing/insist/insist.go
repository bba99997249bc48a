// Package insist asks a bank again for what it could not answer.
package insist

import (
	"context"
	"fmt"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
)

const (
	// tries is how often a bank on a busy machine is asked…
	tries = 10
	// …and every for how long it is left alone before it is asked again: as long as a breaker rests.
	every = time.Second
)

// On asks until it is answered, with the same request, for what was not done or what nobody knows the outcome of: a
// repeat must be harmless. What was refused for what it is stays refused.
func On(ctx context.Context, ask func() error) error {
	for asked := 1; ; asked++ {
		err := ask()
		switch {
		case !errs.Is(err, errs.Timeout) && !errs.Is(err, errs.Unavailable):
			return err
		case asked == tries || clock.Wait(ctx, every) != nil:
			return fmt.Errorf("asked %d times: %w", asked, err)
		}
	}
}
