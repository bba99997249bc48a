package rpc

import (
	"context"

	"google.golang.org/grpc"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
)

// inTime gives the handler ReplyTime less than its caller waits, so that what went wrong can still be told, and does
// not begin what cannot end. A caller of another make, without a deadline, gets the usual one.
func (r *registrar) inTime(
	ctx context.Context, req any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler,
) (any, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return handleWithin(ctx, req, handle)
	}
	deadline = deadline.Add(-ReplyTime)
	if deadline.Sub(clock.Real{}.Now()) < LeastTime {
		return nil, errs.New(TooLate, "Too little time was left to begin")
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	return handle(ctx, req)
}

func handleWithin(ctx context.Context, req any, handle grpc.UnaryHandler) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, DefaultTimeout)
	defer cancel()
	return handle(ctx, req)
}
