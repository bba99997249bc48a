package rpc

import (
	"context"
	"errors"
	"fmt"

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

	name    string
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
		r.methods[name] = &method{said, name, r.metrics.Method(name)}
	}
	r.under.RegisterService(desc, handler)
}

func (r *registrar) problem() error {
	if err := errors.Join(r.problems...); err != nil {
		return fmt.Errorf("starting %s: %w", r.service, err)
	}
	return nil
}

// answer is the chain that every request passes, outermost first: trace, metrics, errors, recover, deadline, authorise.
// It is written out in two functions, not nested in six, so that it is read top to bottom. The deadline is set on ctx
// before anything wraps that, which spares a goroutine (see callerContext); what comes too late is refused in its turn.
func (r *registrar) answer(
	ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler,
) (any, error) {
	m, sent := r.methods[info.FullMethod], r.receive(ctx)
	r.options.Clock.Observe(sent.ahead)
	ctx, cancel, late := inTime(ctx)
	defer cancel()
	ctx, span := trace.Start(trace.WithRemote(ctx, sent.traceparent), r.options.Tracer, info.FullMethod, trace.Server)
	watch := clock.Start()

	rsp, err := r.guarded(ctx, req, m, sent.caller, late, handle)
	if err != nil {
		rsp, err = nil, r.onlyCoded(ctx, info.FullMethod, err)
	}

	m.metrics.Observe(watch.Elapsed(), err)
	span.End(err)
	return rsp, err
}

// guarded is the inner half of the chain: recover, deadline (late says that it cannot be kept), authorise.
func (r *registrar) guarded(
	ctx context.Context, req any, m *method, caller string, late error, handle grpc.UnaryHandler,
) (rsp any, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			rsp, err = nil, panicked(cause)
		}
	}()
	if late != nil {
		return nil, late
	}
	if err := m.authorise(caller); err != nil {
		return nil, err
	}
	return handle(ctx, req)
}
