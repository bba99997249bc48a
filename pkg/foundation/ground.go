package foundation

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"farthing/pkg/clock"
	"farthing/pkg/events"
	"farthing/pkg/rpc"
	"farthing/pkg/store"
	"farthing/pkg/trace"
)

// Ground is what the services of one process stand on: a store, a bus and a transport, whichever the shape has them be,
// and what a process has one of.
type Ground struct {
	Store     store.Store
	Bus       events.Bus
	Transport rpc.Transport
	Clock     *clock.Business
	Registry  *prometheus.Registry
	Recorder  *trace.Recorder
	Log       *slog.Logger

	undo []func() error // To be done by Close, the last first.
}

// NewGround has a clock, a log, a registry and a recorder; the rest is laid by whoever knows the shape.
func NewGround(clk *clock.Business, log *slog.Logger) *Ground {
	return &Ground{Clock: clk, Log: log, Registry: newRegistry(), Recorder: trace.NewRecorder(trace.Limits{})}
}

// Later has f done by Close, before what was asked for earlier.
func (g *Ground) Later(f func() error) { g.undo = append(g.undo, f) }

// Options are a process's parts for these services, to be completed with doors, keys and settings.
func (g *Ground) Options(services []Service) Options {
	return Options{
		Services: services, Store: g.Store, Bus: g.Bus, Transport: g.Transport,
		Log: g.Log, Clock: g.Clock, Registry: g.Registry, Recorder: g.Recorder,
	}
}

// Start migrates and starts a process.
func (g *Ground) Start(ctx context.Context, o Options) (*Process, error) {
	if err := Migrate(ctx, o.Store, o.Services); err != nil {
		return nil, err
	}
	return Start(ctx, o)
}

// Close closes store and bus. It comes after the process has stopped.
func (g *Ground) Close() error {
	var problems []error
	for _, f := range slices.Backward(g.undo) {
		problems = append(problems, f())
	}
	g.undo = nil
	return errors.Join(problems...)
}

// Around continues what an event carries (its trace, its sender's clock) in whoever handles it, and measures it.
type Around func(ctx context.Context, name string, e events.Event, handle func(context.Context) error) error

// Around is to be put around every handler of an event. It is made once.
func (g *Ground) Around() Around {
	measured := newConsuming(g.Registry)
	return func(ctx context.Context, name string, e events.Event, handle func(context.Context) error) error {
		g.Clock.Observe(e.ClockOffset)
		tracer := g.Recorder.Tracer("service." + dashed(name))
		ctx, span := trace.Start(trace.WithRemote(ctx, e.Traceparent), tracer, e.Type, trace.Consume)
		err := handle(ctx)
		span.End(err)
		measured.observe(name, e, err)
		return err
	}
}
