package scenario

import (
	"context"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
)

// A processor that is not told what became of a message sends it again, so often and so long apart.
const (
	tries    = 10
	tryAgain = 500 * time.Millisecond
)

// insist sends a message, and the same one again while the bank does not say what became of it.
func insist[Q, A any](ctx context.Context, send func(context.Context, Q) (A, error), message Q) (A, error) {
	for n := 1; ; n++ {
		got, err := send(ctx, message)
		isUnknown := errs.Is(err, errs.Timeout) || errs.Is(err, errs.Unavailable)
		if !isUnknown || n == tries || clock.Wait(ctx, tryAgain) != nil {
			return got, err
		}
	}
}
