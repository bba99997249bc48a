package rpc

import (
	"context"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
)

// inTime gives the handler ReplyTime less than its caller waits, so that what went wrong can still be told, and refuses
// to begin what cannot end: then ctx is as it was. A caller of another make, without a deadline, gets the usual one.
func inTime(ctx context.Context) (context.Context, context.CancelFunc, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		ctx, cancel := context.WithTimeout(ctx, DefaultTimeout)
		return ctx, cancel, nil
	}
	deadline = deadline.Add(-ReplyTime)
	if deadline.Sub(clock.Real{}.Now()) < LeastTime {
		return ctx, func() {}, errs.New(TooLate, "Too little time was left to begin")
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
	return ctx, cancel, nil
}

// withDeadline sees to it that every call ends.
func withDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, DefaultTimeout)
}
