package scenario

import (
	"context"

	"farthing/cmd/farthing/insist"
)

// untilAnswered sends a message, and the same one again while the bank does not say what became of it: as processors
// do.
func untilAnswered[Q, A any](
	ctx context.Context, send func(context.Context, Q) (A, error), message Q,
) (got A, _ error) {
	err := insist.On(ctx, func() (err error) {
		got, err = send(ctx, message)
		return err
	})
	return got, err
}
