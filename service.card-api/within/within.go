// Package within answers by a deadline, whatever is behind.
package within

import (
	"context"

	"farthing/pkg/errs"
)

// Deadline asks, and answers by the context's deadline even if what is asked cannot be told to stop: a write waits for
// its disk, however long that stalls. Then the outcome is unknown, and whatever it is will be there for the repeat.
func Deadline[A any](ctx context.Context, ask func() (A, error)) (A, error) {
	type decision struct {
		rsp A
		err error
	}
	decided := make(chan decision, 1) // Nobody may be waiting any more.
	go func() {
		rsp, err := ask()
		decided <- decision{rsp, err}
	}()
	select {
	case d := <-decided:
		return d.rsp, d.err
	case <-ctx.Done():
		var none A
		return none, errs.Of(ctx.Err())
	}
}
