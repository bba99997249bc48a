// Package foundation runs services: one or all of them in a process, and inside a simulated world, without their
// noticing. A service gets everything it may use from its Env and opens no listener, connection or store by itself.
package foundation

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	"farthing/pkg/clock"
	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/pkg/events"
	"farthing/pkg/id"
	"farthing/pkg/rpc"
	"farthing/pkg/seal"
	"farthing/pkg/store"
	"farthing/pkg/trace"
)

// Service describes a service, ready to run in a process of its own or beside its peers.
type Service struct {
	Name     string       // "service.balance".
	Schema   store.Schema // Its keyspace, migrated before it starts; the zero one for a service without state.
	Doors    []Door       // Those that it answers; every process has an admin door besides.
	Register func(*Env) error
}

// Door is a listener with a name. Its port is the first port and the door's number.
type Door string

// The doors of the bank, in the order of their ports.
const (
	Public   Door = "public"    // The REST API.
	CardEdge Door = "card_edge" // Card processors, over HTTP.
	Console  Door = "console"
	Admin    Door = "admin"   // Metrics, health, traces, profiles.
	ISO8583  Door = "iso8583" // Card networks, over TCP.
	Login    Door = "login"
)

// Doors is all of them in the order of their ports.
func Doors() []Door { return []Door{Public, CardEdge, Console, Admin, ISO8583, Login} }

// Env is everything that a service may use.
type Env struct {
	Name    string
	Log     *slog.Logger
	Clock   *clock.Business
	IDs     *id.Maker
	Metrics prometheus.Registerer // Labelled with the service.
	Tracer  *trace.Tracer
	Store   *store.Keyspace // Nil for a service without a Schema.
	Bus     events.Publisher
	GRPC    grpc.ServiceRegistrar

	process *Process
	doors   []Door
}

// Dial is a connection to a peer, for a generated client. The peer may start later.
func (e *Env) Dial(service string) (grpc.ClientConnInterface, error) {
	return e.process.options.Transport.Dial(e.Name, service, e.rpcOptions())
}

func (e *Env) rpcOptions() rpc.Options {
	return rpc.Options{Log: e.Log, Tracer: e.Tracer, Metrics: e.Metrics, Clock: e.Clock}
}

// Serve answers HTTP at a door that the service declares, once the doors open.
func (e *Env) Serve(door Door, handler http.Handler) error {
	if err := e.ServeWith(door, edge.NewServer(handler, e.process.options.Log)); err != nil {
		return err
	}
	e.process.handlers[door] = handler
	return nil
}

// ServeWith answers in another protocol at a door that the service declares, once the doors open.
func (e *Env) ServeWith(door Door, server Server) error {
	if !slices.Contains(e.doors, door) {
		return errs.Newf(errs.Internal, "%s does not declare the door %s", e.Name, door)
	}
	if _, taken := e.process.doors[door]; taken {
		return errs.Newf(errs.Internal, "the door %s has a server already", door)
	}
	e.process.doors[door] = server
	return nil
}

// Operate answers a route for operators on the admin door: "POST /development/customers".
func (e *Env) Operate(pattern string, handler http.Handler) { e.process.operations[pattern] = handler }

// Go runs a worker until the process drains: its context then ends, and the process waits for its return.
func (e *Env) Go(work func(context.Context)) { e.process.workers = append(e.process.workers, work) }

// Subscribe has the service told of events for as long as the process runs.
func (e *Env) Subscribe(s events.Subscription) {
	e.process.subscriptions = append(e.process.subscriptions, s)
	e.process.operateLetters(s.Name)
	e.Go(func(ctx context.Context) {
		if err := e.process.options.Bus.Run(ctx, s); err != nil {
			e.process.fail(fmt.Errorf("running the subscription %s: %w", s.Name, err))
		}
	})
}

// Nudge tells all processes that listen to a topic of a key, as events.Nudges does.
func (e *Env) Nudge(topic, key string) { e.process.options.Bus.Nudge(topic, key) }

// Listen has the service nudged for as long as the process runs.
func (e *Env) Listen(topic string, take func(key string)) {
	e.Go(func(ctx context.Context) {
		if err := e.process.options.Bus.Listen(ctx, topic, take); err != nil {
			e.process.fail(fmt.Errorf("listening to %s: %w", topic, err))
		}
	})
}

// Defer runs f when the process stops, after the last request and the last worker and before the store closes.
func (e *Env) Defer(f func()) { e.process.deferred = append(e.process.deferred, f) }

// Keys are the service's own keys by name, with which it seals what it stores.
func (e *Env) Keys(name string) (*seal.Keyring, error) {
	ring := strings.ReplaceAll(e.Name, ".", "-") + "-" + name // A ring's name has no dots.
	return seal.Open(e.process.options.KeyDir, ring, e.process.options.CreateKeys)
}

// Egress opens connections to the outside, for push and webhooks.
func (e *Env) Egress(ctx context.Context, network, address string) (net.Conn, error) {
	if e.process.options.Egress != nil {
		return e.process.options.Egress(ctx, network, address)
	}
	dialer := net.Dialer{Timeout: egressTimeout}
	return dialer.DialContext(ctx, network, address)
}

const egressTimeout = 5 * time.Second

// Resolve is the addresses of a name outside.
func (e *Env) Resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if e.process.options.Resolve != nil {
		return e.process.options.Resolve(ctx, host)
	}
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

// HTTP is the handler in this process of a door that speaks HTTP, for callers that come without a network: the bench's
// in-process mode.
func (p *Process) HTTP(door Door) (http.Handler, bool) {
	if door == Admin {
		return p.adminHandler(), true
	}
	handler, ok := p.handlers[door]
	return handler, ok
}
