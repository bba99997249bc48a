package rpc

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
)

// local is one service of this process, with its handlers by full method.
type local struct {
	*registrar
	handlers map[string]*localHandler // Written until Start, only read afterwards.
}

// localHandler is a handler as generated code describes it.
type localHandler struct {
	info *grpc.UnaryServerInfo
	run  grpc.MethodHandler
}

// RegisterService keeps a service's handlers; the registrar has checked it.
func (l *local) RegisterService(desc *grpc.ServiceDesc, server any) {
	for _, m := range desc.Methods {
		name := "/" + desc.ServiceName + "/" + m.MethodName
		l.handlers[name] = &localHandler{&grpc.UnaryServerInfo{Server: server, FullMethod: name}, m.Handler}
	}
}

// call runs a handler, with the chain around it, on the caller's goroutine: nobody is woken, and the stack has grown
// already. A handler that ignores its context holds its caller; one that heeds it returns ReplyTime before the caller's
// deadline. An answer that comes later still is dropped, as a network would drop it: its outcome is unknown.
func (l *local) call(ctx context.Context, name string, req, rsp any) error {
	h := l.handlers[name]
	if h == nil {
		return status.Error(codes.Unimplemented, name+" has no handler")
	}
	if err := withinLimit(req); err != nil {
		return err
	}
	handle := func(ctx context.Context, _ any) (any, error) {
		return h.run(h.info.Server, ctx, func(into any) error { return copyMessage(into, req) }, nil)
	}
	answered, err := l.answer(callerContext{ctx}, nil, h.info, handle) //nolint:contextcheck // It wraps ctx.
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return err
	}
	if err := withinLimit(answered); err != nil {
		return err
	}
	return copyMessage(rsp, answered)
}

// copyMessage makes a message equal to another and independent of it. Requests are copied since a handler may change
// its own, responses since it may keep one to answer it again.
func copyMessage(into, from any) error {
	to := into.(proto.Message) //nolint:errcheck // Generated code passes nothing else.
	proto.Reset(to)
	proto.Merge(to, from.(proto.Message)) //nolint:errcheck // Nor here.
	return nil
}

// callerContext is what a request keeps of its caller's context: when it ends, and the stamp. Other values would not
// cross a network either.
type callerContext struct{ context.Context }

// Value answers the stamp alone.
func (c callerContext) Value(key any) any {
	if _, ok := key.(stampKey); ok {
		return c.Context.Value(key)
	}
	return nil
}

// AfterFunc lets the context that is derived directly from this one follow its end. Package context looks for this
// method where it finds no value of its own, and would otherwise start a goroutine that waits for the end.
func (c callerContext) AfterFunc(f func()) (stop func() bool) { return context.AfterFunc(c.Context, f) }

// withinLimit refuses here what a network would refuse, lest it be found out only there.
func withinLimit(message any) error {
	if m, ok := message.(proto.Message); ok && proto.Size(m) > MaxMessage+headroom {
		return errs.New(errs.BadRequest+".too_large", "The message is too large")
	}
	return nil
}
