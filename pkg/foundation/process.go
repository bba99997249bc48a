package foundation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	"farthing/pkg/clock"
	"farthing/pkg/edge"
	"farthing/pkg/events"
	"farthing/pkg/id"
	"farthing/pkg/rpc"
	"farthing/pkg/store"
	"farthing/pkg/trace"
)

// Options are what a process is made of. Its parts decide the shape: one process or many, embedded or clustered.
type Options struct {
	Services  []Service
	Store     store.Store
	Bus       events.Bus
	Transport rpc.Transport
	// Listen makes a door's listener; doors that no service serves stay shut.
	Listen func(Door) (net.Listener, error)
	// Egress makes connections to the outside; the machine's own network if nil.
	Egress func(ctx context.Context, network, address string) (net.Conn, error)
	// Resolve finds the addresses of names outside; the machine's own resolver if nil.
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)

	Log      *slog.Logger
	Clock    *clock.Business
	Registry *prometheus.Registry
	Recorder *trace.Recorder
	Settings map[string]string // FARTHING_… by name.

	// Operations are routes on the admin door of whoever runs the process.
	Operations map[string]http.Handler

	KeyDir     string // Where key files are.
	CreateKeys bool   // Make those that are missing: in development.
}

// Migrate brings the stored schemas up to the declared ones. Services never do so by themselves: whoever runs them
// does, before any starts. Repeating it is harmless.
func Migrate(ctx context.Context, to store.Store, services []Service) error {
	for _, service := range services {
		if service.Schema.Keyspace == "" {
			continue
		}
		if err := to.Migrate(ctx, service.Schema); err != nil {
			return fmt.Errorf("migrating %s: %w", service.Name, err)
		}
	}
	return nil
}

// Process is services that run together.
type Process struct {
	options  Options
	watch    clock.Stopwatch       // Since the start.
	handlers map[Door]http.Handler // Of those doors that speak HTTP.
	doors    map[Door]Server
	// operations are the routes of services on the admin door.
	operations map[string]http.Handler
	workers    []func(context.Context)
	deferred   []func()
	// subscriptions are declared before the first call, so that they miss no event of it.
	subscriptions []events.Subscription
	known         map[string]bool // Settings that a service asked for.

	group    sync.WaitGroup
	stopWork context.CancelFunc
	servers  []Server // Those that were opened.

	failed     chan struct{}
	failOnce   sync.Once
	failure    error
	inProgress progress
}

// prepare registers the services and declares their subscriptions.
func prepare(ctx context.Context, o Options) (*Process, error) {
	p := &Process{
		options: o, watch: clock.Start(), handlers: make(map[Door]http.Handler), doors: make(map[Door]Server),
		operations: make(map[string]http.Handler), known: make(map[string]bool), failed: make(chan struct{}),
	}
	for _, service := range o.Services {
		if err := p.register(ctx, service); err != nil {
			return nil, fmt.Errorf("starting %s: %w", service.Name, err)
		}
	}
	if err := p.unknownSettings(); err != nil {
		return nil, err
	}
	for _, s := range p.subscriptions {
		if err := o.Bus.Declare(ctx, s); err != nil {
			return nil, fmt.Errorf("declaring the subscription %s: %w", s.Name, err)
		}
	}
	return p, nil
}

// Start brings the services up, with their doors still shut: calls between them, events and workers run. On an error
// nothing is left running.
func Start(ctx context.Context, o Options) (*Process, error) {
	p, err := prepare(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := o.Transport.Start(ctx); err != nil {
		return nil, fmt.Errorf("starting the transport: %w", err)
	}
	p.inProgress.set(ready)
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	p.stopWork = stop
	for _, work := range p.workers {
		p.group.Go(func() { work(working) })
	}
	return p, nil
}

func (p *Process) register(ctx context.Context, s Service) error {
	o := p.options
	env := &Env{
		Name: s.Name, Log: o.Log.With("service", s.Name), Clock: o.Clock, IDs: id.NewMaker(o.Clock), Bus: o.Bus,
		Metrics: prometheus.WrapRegistererWith(prometheus.Labels{"service": s.Name}, o.Registry),
		Tracer:  o.Recorder.Tracer(s.Name), process: p, doors: s.Doors,
	}
	registrar, err := o.Transport.Listen(s.Name, env.rpcOptions())
	if err != nil {
		return err
	}
	env.GRPC = registrar
	if s.Schema.Keyspace != "" {
		if err := o.Store.Check(ctx, s.Schema); err != nil {
			return fmt.Errorf("checking its schema: %w", err)
		}
		env.Store = store.NewKeyspace(s.Schema.Keyspace, o.Store.Open(s.Schema.Keyspace))
	}
	return s.Register(env)
}

// Dial is a connection to a service in the name of a caller, for those who run the process.
func (p *Process) Dial(caller, callee string) (grpc.ClientConnInterface, error) {
	return p.options.Transport.Dial(caller, callee, rpc.Options{
		Log: p.options.Log, Tracer: p.options.Recorder.Tracer(caller), Clock: p.options.Clock,
	})
}

// Open opens the doors, all or none, and answers their addresses.
func (p *Process) Open() (map[Door]net.Addr, error) {
	p.doors[Admin] = edge.NewServer(p.adminHandler(), p.options.Log)
	listeners := make(map[Door]net.Listener, len(p.doors))
	addresses := make(map[Door]net.Addr, len(p.doors))
	for _, door := range Doors() {
		if p.doors[door] == nil {
			continue
		}
		listener, err := p.options.Listen(door)
		if err != nil {
			for _, opened := range listeners {
				_ = opened.Close()
			}
			return nil, err
		}
		listeners[door], addresses[door] = listener, listener.Addr()
	}
	for door, listener := range listeners {
		p.serve(p.doors[door], listener)
	}
	p.inProgress.set(open)
	return addresses, nil
}

// Failed is closed when the process cannot go on; Stop then says why.
func (p *Process) Failed() <-chan struct{} { return p.failed }

func (p *Process) fail(err error) {
	p.failOnce.Do(func() {
		p.failure = err
		close(p.failed)
	})
}

// Stop drains: doors shut, requests under way are answered, workers end, calls end. The store and the bus are the
// caller's to close. When ctx ends first it abandons the rest and says so.
func (p *Process) Stop(ctx context.Context) error {
	p.inProgress.set(draining)
	problems := []error{p.closeDoors(ctx)}
	p.stopWork()
	problems = append(problems, p.waitForWorkers(ctx), p.options.Transport.Stop(ctx))
	for _, f := range p.deferred {
		f()
	}
	select {
	case <-p.failed:
		problems = append(problems, p.failure)
	default:
	}
	return errors.Join(problems...)
}

func (p *Process) waitForWorkers(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		p.group.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for workers: %w", ctx.Err())
	}
}
