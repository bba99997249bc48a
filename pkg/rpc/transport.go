// Package rpc carries calls between services, inside one process or over a network, and lets neither side tell which.
//
// Both ways run the same chains. A request passes, outermost first: trace, metrics, errors, recover, deadline and
// authorise; then its handler. A call passes: trace, metrics, deadline, stamp, repeats, breaker and coded errors. So no
// service adds an interceptor of its own.
//
// All calls are unary and under MaxMessage. Who may call a method, and whether a call may be repeated, stand in its
// proto (pkg/rpc/proto): callers and repeatable.
package rpc

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	"farthing/pkg/clock"
	"farthing/pkg/trace"
)

const (
	// MaxMessage is the most that a request or a response may hold, in bytes of its wire form. Larger bodies travel in
	// numbered pieces.
	MaxMessage = 256 << 10
	// DefaultTimeout is what a call gets whose context has no deadline. The card path sets its own, at its edge.
	DefaultTimeout = 2 * time.Second
	// ReplyTime is shaved off the caller's deadline, so that an answer still reaches it.
	ReplyTime = 20 * time.Millisecond
	// LeastTime must be left after that, or the request is refused with unavailable.deadline, and nothing was done.
	LeastTime = 100 * time.Millisecond
)

// Codes of the errors that the chain itself answers, each of them before anything was done.
const (
	NoSuchService = "unavailable.no_such_service" // The peer is not there: not started, stopped or gone.
	TooLate       = "unavailable.deadline"        // The caller left too little time.
	CircuitOpen   = "unavailable.circuit_open"    // The peer has failed too often of late; it is given a rest.
	NotACaller    = "forbidden.caller"            // The method's proto does not name the caller.
)

// Options are what a service lends to the chain. The zero value works: it logs, traces and measures nothing.
type Options struct {
	Log     *slog.Logger
	Tracer  *trace.Tracer
	Metrics prometheus.Registerer // Labelled with the service.
	Clock   *clock.Business       // Its offset goes with each call; a request's larger offset moves it forward.
}

// Transport carries calls: listen, stop listening, respond, send. The order of use is: Listen and Dial in any order,
// register the handlers, Start, and at the end Stop. A call before Start or after Stop is refused with NoSuchService.
type Transport interface {
	// Listen is the registrar for the handlers of a service, such as "service.balance", that runs in this process. It
	// fails for a service that listens already, and after Start.
	Listen(service string, o Options) (grpc.ServiceRegistrar, error)
	// Dial is a connection from one service to another, for generated clients. It connects with the first call, so the
	// peer may come later. Errors of its calls are coded (pkg/errs).
	Dial(caller, callee string, o Options) (grpc.ClientConnInterface, error)
	// Start lets requests in. It fails if a registered service is not unary throughout or its proto is not linked in.
	Start(ctx context.Context) error
	// Stop lets no more requests in, waits for those under way until ctx ends, then abandons the rest and answers why.
	// Stopping again does nothing.
	Stop(ctx context.Context) error
}

// withDefaults fills what was left out.
func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = prometheus.NewRegistry()
	}
	if o.Clock == nil {
		o.Clock = &clock.Business{}
	}
	return o
}
