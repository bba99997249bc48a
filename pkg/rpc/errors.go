package rpc

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"

	"google.golang.org/grpc"

	"farthing/pkg/errs"
	"farthing/pkg/trace"
)

func noSuchService(service string) *errs.Error {
	return errs.Newf(NoSuchService, "%s cannot be reached", service).With("service", service)
}

// sendOnlyCoded logs why a request failed and sends the coded part alone. A wrapped error would otherwise be sent with
// its whole text, and an uncoded one as Unknown with its text: both tell strangers about our insides.
func (r *registrar) sendOnlyCoded(
	ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler,
) (any, error) {
	rsp, err := handle(ctx, req)
	if err == nil {
		return rsp, nil
	}
	coded := errs.Of(err)
	if level := levelOf(coded); r.options.Log.Enabled(ctx, level) {
		r.log(ctx, info).Log(ctx, level, "request failed",
			"code", coded.Code, "params", coded.Params, "error", trace.Safe(err.Error()))
	}
	return nil, coded.WithoutCause() // In process the very value arrives: it must carry no more than the wire would.
}

// levelOf is loud for what is ours to mend, and silent by default for what the caller did: a flood of bad requests
// must not become a flood of lines.
func levelOf(e *errs.Error) slog.Level {
	switch e.Class() {
	case errs.Timeout, errs.Unavailable, errs.RateLimited:
		return slog.LevelWarn
	case errs.BadRequest, errs.Unauthorized, errs.Forbidden, errs.NotFound, errs.Conflict, errs.PreconditionFailed:
		return slog.LevelDebug
	default:
		return slog.LevelError
	}
}

// recovered makes a handler's panic an internal error: it may have done half of its work, and the process goes on.
func (r *registrar) recovered(
	ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler,
) (rsp any, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			text := trace.Safe(fmt.Sprint(cause))
			r.log(ctx, info).ErrorContext(ctx, "handler panicked", "panic", text, "stack", string(debug.Stack()))
			rsp, err = nil, errs.New(errs.Internal, "Something went wrong").Because(fmt.Errorf("panic: %s", text))
		}
	}()
	return handle(ctx, req)
}
