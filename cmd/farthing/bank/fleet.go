package bank

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"sync"

	"google.golang.org/grpc"

	"farthing/cmd/farthing/supervisor"
	"farthing/pkg/clock"
	"farthing/pkg/edge"
	"farthing/pkg/events/jetstream/natsserver"
	"farthing/pkg/foundation"
	"farthing/pkg/rpc"
)

// fleet is a bank of many processes, one or more for each service, that a supervisor in this process keeps running.
// Their store is a folder for each service, or a cluster; their bus is NATS, in this process or elsewhere.
type fleet struct {
	bank *Bank
	site foundation.Site // What all processes share.
}

func (f *fleet) name() string {
	if f.bank.options.Site.Cassandra != "" {
		return Clustered
	}
	return ManyProcesses
}

// lay has the services of one process stand on what the many will.
func (f *fleet) lay(
	ctx context.Context, home string, clk *clock.Business,
) (*foundation.Ground, func() error, error) {
	stop, err := f.prepare(ctx, home)
	if err != nil {
		return nil, nil, err
	}
	ground, err := f.site.Ground(ctx, clk, f.bank.options.Log, rpc.NewInProcess())
	if err != nil {
		return nil, nil, errors.Join(err, stop())
	}
	return ground, func() error { return errors.Join(ground.Close(), stop()) }, nil
}

// prepare starts the event server if there is no other, and refuses servers that could lose what they acknowledge.
func (f *fleet) prepare(ctx context.Context, home string) (stop func() error, err error) {
	f.site = f.bank.options.Site
	f.site.Store, f.site.Keys, f.site.CreateKeys = filepath.Join(home, "services"), keysIn(home), true
	f.site.Clock = clockFile(home)
	stop = func() error { return nil }
	if f.site.NATS == "" {
		server, err := f.startNATS(home)
		if err != nil {
			return nil, err
		}
		stop = server.Close
	}
	if err := f.site.CheckDurability(ctx, f.bank.options.Log); err != nil {
		return nil, errors.Join(err, stop())
	}
	return stop, nil
}

func (f *fleet) startNATS(home string) (*natsserver.Server, error) {
	token, err := f.bank.options.Folder.keepToken()
	if err != nil {
		return nil, fmt.Errorf("keeping the event server's token: %w", err)
	}
	server, err := natsserver.Start(natsserver.Options{
		Dir: filepath.Join(home, "events"), Token: token.secret, Log: f.bank.options.Log,
	})
	if err != nil {
		return nil, fmt.Errorf("starting the event server: %w", err)
	}
	f.site.NATS, f.site.NATSMonitor, f.site.NATSToken = bareURL(server.URL()), server.Monitor(), token.file
	return server, nil
}

// run starts all processes, after their schemas are there.
func (f *fleet) run(ctx context.Context, home string) (running, func(context.Context) error, error) {
	r := &runningFleet{fleet: f, failed: make(chan struct{})}
	for _, step := range []func(context.Context, string) error{r.prepare, r.migrate, r.start} {
		if err := step(ctx, home); err != nil {
			return nil, nil, errors.Join(err, r.stop(ctx))
		}
	}
	return r, r.stop, nil
}

// runningFleet is a fleet with its processes.
type runningFleet struct {
	*fleet
	failed    chan struct{} // Closed when the supervisor itself cannot go on: a process that fails is started again.
	failing   sync.Once
	cause     error // Set before failed is closed.
	plan      *plan
	transport *rpc.GRPC // For those who run the bank.
	processes *supervisor.Supervisor
	undo      []func(context.Context) error
}

func (r *runningFleet) later(f func(context.Context) error) { r.undo = append(r.undo, f) }

func (r *runningFleet) prepare(ctx context.Context, home string) error {
	stop, err := r.fleet.prepare(ctx, home)
	if err != nil {
		return err
	}
	r.later(func(context.Context) error { return stop() })
	return nil
}

// migrate changes a cluster's schemas once, before any process starts. Embedded stores are migrated by the one process
// that each belongs to.
func (r *runningFleet) migrate(ctx context.Context, _ string) error {
	if r.site.Cassandra == "" {
		return nil
	}
	cluster, err := r.site.OpenCassandra(r.bank.options.Log)
	if err != nil {
		return err
	}
	return errors.Join(foundation.Migrate(ctx, cluster, Services()), cluster.Close())
}

func (r *runningFleet) start(ctx context.Context, _ string) error {
	var err error
	if r.plan, err = r.makePlan(ctx); err != nil {
		return err
	}
	r.later(func(context.Context) error { return r.plan.close() })
	r.transport = rpc.NewGRPC(rpc.Network{Address: r.plan.peer})
	r.later(r.transport.Stop)
	r.processes, err = supervisor.Start(ctx, r.plan.specs, supervisor.Options{
		Log: r.bank.options.Log, Errors: r.bank.options.Errors, StartWithin: startWithin, StopWithin: stopWithin,
	})
	if err != nil {
		return err
	}
	r.later(r.processes.Stop)
	return nil
}

// Dial is as running says.
func (r *runningFleet) Dial(caller, callee string) (grpc.ClientConnInterface, error) {
	return r.transport.Dial(caller, callee, rpc.Options{Log: r.bank.options.Log, Clock: r.bank.clock})
}

// Failed is as running says.
func (r *runningFleet) Failed() <-chan struct{} { return r.failed }

func (r *runningFleet) fail(err error) {
	r.failing.Do(func() {
		r.cause = err
		close(r.failed)
	})
}

func (r *runningFleet) failure() error {
	select {
	case <-r.failed:
		return r.cause
	default:
		return nil
	}
}

// Peers is as running says.
func (r *runningFleet) Peers() string { return r.plan.peers }

// HTTP answers none: the doors are in other processes.
func (r *runningFleet) HTTP(foundation.Door) (http.Handler, bool) { return nil, false }

// Open opens the admin door, which shows all processes as one. The other doors are open since their services run.
func (r *runningFleet) Open() (map[foundation.Door]net.Addr, error) {
	opened := make(map[foundation.Door]net.Addr)
	for door, listener := range r.bank.doors {
		opened[door] = listener.Addr()
	}
	listener, err := r.bank.doors.take(foundation.Admin)
	if err != nil {
		return nil, err
	}
	server := edge.NewServer(r.adminHandler(), r.bank.options.Log)
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			r.fail(fmt.Errorf("serving the admin door: %w", err))
		}
	})
	r.later(func(ctx context.Context) error {
		err := errors.Join(server.Shutdown(ctx), r.failure())
		serving.Wait()
		return err
	})
	return opened, nil
}

func (r *runningFleet) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*stopWithin+startWithin)
	defer cancel()
	var problems []error
	for n := len(r.undo) - 1; n >= 0; n-- {
		problems = append(problems, r.undo[n](ctx))
	}
	return errors.Join(problems...)
}

// replicas is how many processes each service has.
func (f *fleet) replicas() int { return cmp.Or(f.bank.options.Replicas, 1) }
