package rpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"farthing/pkg/errs"
	"farthing/pkg/trace"
)

func noSuchService(service string) *errs.Error {
	return errs.Newf(NoSuchService, "%s cannot be reached", service).With("service", service)
}

// onlyCoded logs why a request failed and answers the coded part alone. A wrapped error would otherwise be sent with
// its whole text, and an uncoded one as Unknown with its text: both tell strangers about our insides.
func (r *registrar) onlyCoded(ctx context.Context, name string, err error) error {
	coded := errs.Of(err)
	level := levelOf(coded)
	if level == slog.LevelWarn && errors.Is(ctx.Err(), context.Canceled) {
		level = slog.LevelDebug // The caller has gone, and nobody is kept waiting by what it broke off.
	}
	if r.options.Log.Enabled(ctx, level) {
		fields := []any{
			"method", name, "trace_id", trace.ID(ctx), "code", coded.Code, "params", coded.Params,
			"error", trace.Safe(err.Error()),
		}
		if p, ok := errors.AsType[*panicError](err); ok {
			fields = append(fields, "stack", p.stack)
		}
		r.options.Log.Log(ctx, level, "request failed", fields...)
	}
	return coded.WithoutCause() // In process the very value arrives: it must carry no more than the wire would.
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

// panicError is what a handler's panic becomes.
type panicError struct{ cause, stack string }

// Error is the panic's text, without the stack.
func (p *panicError) Error() string { return "panic: " + p.cause }

// panicked makes a handler's panic an internal error: it may have done half of its work, and the process goes on.
func panicked(cause any) error {
	return errs.New(errs.Internal, "Something went wrong").
		Because(&panicError{fmt.Sprint(cause), string(debug.Stack())})
}
