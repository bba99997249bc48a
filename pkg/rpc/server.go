package rpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"google.golang.org/grpc"

	"farthing/pkg/clock"
	"farthing/pkg/metrics"
	"farthing/pkg/trace"
)

// registrar takes a service's handlers, reads their rules and answers the chain around them.
type registrar struct {
	service  string
	options  Options
	metrics  *metrics.RPC
	under    grpc.ServiceRegistrar // Set once, by the transport.
	receive  func(context.Context) stamp
	methods  map[string]*method // Written until Start, only read afterwards.
	problems []error
}

// method is what the chain knows of one RPC.
type method struct {
	rules
	metrics *metrics.Method
}

func newRegistrar(service string, o Options, receive func(context.Context) stamp) (*registrar, error) {
	measured, err := metrics.NewRPC(o.Metrics)
	if err != nil {
		return nil, fmt.Errorf("registering the metrics of %s: %w", service, err)
	}
	return &registrar{
		service: service, options: o, metrics: measured, receive: receive, methods: make(map[string]*method),
	}, nil
}

// RegisterService is for generated code. What is wrong with the service is answered by the transport's Start.
func (r *registrar) RegisterService(desc *grpc.ServiceDesc, handler any) {
	if err := checkUnary(desc); err != nil {
		r.problems = append(r.problems, err)
	}
	for i := range desc.Methods {
		name := "/" + desc.ServiceName + "/" + desc.Methods[i].MethodName
		said, err := rulesOf(name)
		if err != nil {
			r.problems = append(r.problems, err)
		}
		r.methods[name] = &method{said, r.metrics.Method(name)}
	}
	r.under.RegisterService(desc, handler)
}

func (r *registrar) problem() error {
	if err := errors.Join(r.problems...); err != nil {
		return fmt.Errorf("starting %s: %w", r.service, err)
	}
	return nil
}

// chain is what every request passes, outermost first.
func (r *registrar) chain() grpc.UnaryServerInterceptor {
	return inOrder(r.traced, r.measured, r.sendOnlyCoded, r.recovered, r.inTime, r.authorised)
}

// inOrder makes one interceptor of several, the first one outermost.
func inOrder(
	outer grpc.UnaryServerInterceptor, rest ...grpc.UnaryServerInterceptor,
) grpc.UnaryServerInterceptor {
	if len(rest) == 0 {
		return outer
	}
	inner := inOrder(rest[0], rest[1:]...)
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		return outer(ctx, req, info, func(ctx context.Context, req any) (any, error) {
			return inner(ctx, req, info, handle)
		})
	}
}

// traced continues the caller's trace and takes over its business time, so that both reach all that follows.
func (r *registrar) traced(
	ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler,
) (any, error) {
	sent := r.receive(ctx)
	if sent.ahead != 0 {
		r.options.Clock.Observe(sent.ahead)
	}
	ctx, span := trace.Start(trace.WithRemote(ctx, sent.traceparent), r.options.Tracer, info.FullMethod, trace.Server)
	rsp, err := handle(ctx, req)
	span.End(err)
	return rsp, err
}

func (r *registrar) measured(
	ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler,
) (any, error) {
	watch := clock.Start()
	rsp, err := handle(ctx, req)
	r.methods[info.FullMethod].metrics.Observe(watch.Elapsed(), err)
	return rsp, err
}

// log is the service's log with what every line of a request carries.
func (r *registrar) log(ctx context.Context, info *grpc.UnaryServerInfo) *slog.Logger {
	return r.options.Log.With("method", info.FullMethod, "trace_id", trace.ID(ctx))
}
