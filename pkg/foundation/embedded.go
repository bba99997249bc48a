package foundation

import (
	"context"
	"errors"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"farthing/pkg/clock"
	"farthing/pkg/events"
	"farthing/pkg/events/embedded"
	"farthing/pkg/rpc"
	pebblestore "farthing/pkg/store/pebble"
	"farthing/pkg/trace"
)

// Embedded is what a bank in one process stands on: a store and a bus that share one directory and its group commit,
// and calls that stay within the process.
type Embedded struct {
	Store     *pebblestore.Store
	Bus       *embedded.Bus
	Transport *rpc.InProcess
	Clock     *clock.Business
	Registry  *prometheus.Registry
	Recorder  *trace.Recorder
	Log       *slog.Logger
}

// EmbeddedOptions choose where, and on which clock.
type EmbeddedOptions struct {
	Dir    string
	Memory bool                // Nothing on disk: for tests and simulated worlds.
	Files  pebblestore.Options // How the directory is kept, such as on a file system that a test can cut off.
	Clock  *clock.Business
	Log    *slog.Logger
	Chaos  *embedded.Chaos // The bus repeats and reorders on purpose.
}

// OpenEmbedded opens the directory. One that another process has open is an error that names it.
func OpenEmbedded(o EmbeddedOptions) (*Embedded, error) {
	open := func(options pebblestore.Options) (*pebblestore.Store, error) { return pebblestore.Open(o.Dir, options) }
	if o.Memory {
		open = pebblestore.OpenInMemory
	}
	o.Files.Log = o.Log
	kept, err := open(o.Files)
	if err != nil {
		return nil, err
	}
	e := &Embedded{
		Store: kept, Transport: rpc.NewInProcess(), Clock: o.Clock, Log: o.Log,
		Registry: newRegistry(), Recorder: trace.NewRecorder(trace.Limits{}),
	}
	e.Bus, err = embedded.New(kept.DB(), embedded.Options{
		Log: o.Log, Around: newAround(e.Registry, e.Recorder, e.Clock), Chaos: o.Chaos,
	})
	if err != nil {
		return nil, errors.Join(err, kept.Close())
	}
	return e, nil
}

// Options are a process's parts for these services, to be completed with doors, keys and settings.
func (e *Embedded) Options(services []Service) Options {
	return Options{
		Services: services, Store: e.Store, Bus: e.Bus, Transport: e.Transport,
		Log: e.Log, Clock: e.Clock, Registry: e.Registry, Recorder: e.Recorder,
	}
}

// Start migrates and starts a process.
func (e *Embedded) Start(ctx context.Context, o Options) (*Process, error) {
	if err := Migrate(ctx, o.Store, o.Services); err != nil {
		return nil, err
	}
	return Start(ctx, o)
}

// Close closes the store, which the bus is kept in too. It comes after the process has stopped.
func (e *Embedded) Close() error { return e.Store.Close() }

// newAround continues what an event carries (its trace, its sender's clock) in whoever handles it, and measures it.
func newAround(registry prometheus.Registerer, recorder *trace.Recorder, clk *clock.Business) around {
	measured := newConsuming(registry)
	return func(ctx context.Context, name string, e events.Event, handle func(context.Context) error) error {
		clk.Observe(e.ClockOffset)
		tracer := recorder.Tracer("service." + dashed(name))
		ctx, span := trace.Start(trace.WithRemote(ctx, e.Traceparent), tracer, e.Type, trace.Consume)
		err := handle(ctx)
		span.End(err)
		measured.observe(name, e, err)
		return err
	}
}

type around = func(ctx context.Context, name string, e events.Event, handle func(context.Context) error) error
