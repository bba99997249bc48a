package rpc

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"google.golang.org/grpc"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/metrics"
	"farthing/pkg/trace"
)

// errStreams is what a generated client of a streaming method would get.
var errStreams = errors.New("all RPCs are unary")

// send is one attempt of a call on a transport. Its error may still be grpc's own.
type send func(ctx context.Context, method string, req, rsp any, opts ...grpc.CallOption) error

// conn is a connection with the chain that every call passes.
type conn struct {
	caller  string
	callee  string
	options Options
	metrics *metrics.RPC
	carry   carry
	send    send
	breaker *breaker
	calls   sync.Map // From full method to *method, filled as they are called.
}

func newConn(caller, callee string, o Options, across carry, s send) (*conn, error) {
	measured, err := metrics.NewRPCClient(o.Metrics)
	if err != nil {
		return nil, fmt.Errorf("registering the metrics of calls by %s: %w", caller, err)
	}
	return &conn{
		caller: caller, callee: callee, options: o, metrics: measured, carry: across, send: s, breaker: newBreaker(),
	}, nil
}

// Invoke is for generated code. It is the chain, written out: trace, metrics, deadline, stamp, then the attempts.
func (c *conn) Invoke(ctx context.Context, name string, req, rsp any, opts ...grpc.CallOption) error {
	called, err := c.method(name)
	if err != nil {
		return err
	}
	ctx, span := trace.Start(ctx, c.options.Tracer, name, trace.Client)
	watch := clock.Start()
	ctx, cancel := withDeadline(ctx)
	defer cancel()
	ctx = c.carry.send(ctx, stamp{c.caller, trace.Traceparent(ctx), c.options.Clock.Offset()})
	err = c.attempts(called, ctx, func(ctx context.Context) error {
		return c.send(ctx, name, req, rsp, opts...)
	})
	called.metrics.Observe(watch.Elapsed(), err)
	span.End(err)
	return err
}

// NewStream is for generated code, and always fails.
func (c *conn) NewStream(
	context.Context, *grpc.StreamDesc, string, ...grpc.CallOption,
) (grpc.ClientStream, error) {
	return nil, errStreams
}

func (c *conn) method(name string) (*method, error) {
	if known, ok := c.calls.Load(name); ok {
		return known.(*method), nil //nolint:errcheck // It holds nothing else.
	}
	said, err := rulesOf(name)
	if err != nil {
		return nil, errs.New(errs.Internal, "Something went wrong").Because(err)
	}
	known, _ := c.calls.LoadOrStore(name, &method{said, name, c.metrics.Method(name)})
	return known.(*method), nil //nolint:errcheck // It holds nothing else.
}
