package rpc

import (
	"context"
	"slices"

	"google.golang.org/grpc"

	"farthing/pkg/errs"
)

// authorised lets in the callers whom the method's proto names, or anyone if it names none.
func (r *registrar) authorised(
	ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler,
) (any, error) {
	allowed := r.methods[info.FullMethod].callers
	if len(allowed) == 0 {
		return handle(ctx, req)
	}
	if caller := r.receive(ctx).caller; !slices.Contains(allowed, caller) {
		return nil, errs.Newf(NotACaller, "%s may not call %s", caller, info.FullMethod).With("caller", caller)
	}
	return handle(ctx, req)
}
