package rpc

import (
	"context"
	"slices"

	"google.golang.org/grpc"

	"farthing/pkg/errs"
)

// identify names the service that sent a request: by what it says, or by what its certificate proves.
type identify func(context.Context) (string, error)

// believed trusts the stamp that Dial put on the call. It is for one process, where nobody else can call, and for
// networks where a mesh has checked already.
func believed(ctx context.Context) (string, error) { return readStamp(ctx).caller, nil }

// authorised lets in the callers whom the method's proto names, or anyone if it names none.
func (r *registrar) authorised(
	ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler,
) (any, error) {
	allowed := r.methods[info.FullMethod].callers
	if len(allowed) == 0 {
		return handle(ctx, req)
	}
	caller, err := r.identify(ctx)
	if err != nil {
		return nil, errs.New(errs.Unauthorized+".caller", "The caller could not be identified").Because(err)
	}
	if !slices.Contains(allowed, caller) {
		return nil, errs.Newf(NotACaller, "%s may not call %s", caller, info.FullMethod).With("caller", caller)
	}
	return handle(ctx, req)
}
