package rpc

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"github.com/fullstorydev/grpchan/inprocgrpc"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
)

// InProcess carries calls between services of one process as function calls, each in a goroutine of its own.
type InProcess struct {
	mu       sync.Mutex // Guards the rest, but for live.
	services map[string]*local
	stopped  bool

	live     atomic.Pointer[map[string]*local] // What may be called; nil before Start and after Stop.
	requests drain
}

// NewInProcess is a transport within this process.
func NewInProcess() *InProcess { return &InProcess{services: make(map[string]*local)} }

// local is one service of this process.
type local struct {
	*registrar
	channel *inprocgrpc.Channel
}

// Listen is as Transport says.
func (p *InProcess) Listen(service string, o Options) (grpc.ServiceRegistrar, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.mayListen(service); err != nil {
		return nil, err
	}
	r, err := newRegistrar(service, o.withDefaults(), acrossProcess.receive)
	if err != nil {
		return nil, err
	}
	channel := new(inprocgrpc.Channel).
		WithServerUnaryInterceptor(p.requests.admit(service, r.answer)).
		WithCloner(protoCloner{})
	r.under = channel
	p.services[service] = &local{r, channel}
	return r, nil
}

func (p *InProcess) mayListen(service string) error {
	switch {
	case p.live.Load() != nil || p.stopped:
		return errs.Newf(errs.PreconditionFailed+".started", "%s cannot listen: the transport has started", service)
	case p.services[service] != nil:
		return errs.Newf(errs.Conflict+".listening", "%s listens already", service)
	default:
		return nil
	}
}

// Dial is as Transport says.
func (p *InProcess) Dial(caller, callee string, o Options) (grpc.ClientConnInterface, error) {
	return newConn(caller, callee, o.withDefaults(), acrossProcess, (&localSend{transport: p, callee: callee}).invoke)
}

// Start is as Transport says.
func (p *InProcess) Start(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, service := range p.services {
		if err := service.problem(); err != nil {
			return err
		}
	}
	if !p.stopped {
		p.live.Store(&p.services)
	}
	return nil
}

// Stop is as Transport says.
func (p *InProcess) Stop(ctx context.Context) error {
	p.mu.Lock()
	p.stopped = true
	p.live.Store(nil)
	p.mu.Unlock()
	return p.requests.stop(ctx)
}

// localSend finds its peer anew for each call, which is what lets services come in any order.
type localSend struct {
	transport *InProcess
	callee    string
}

func (s *localSend) invoke(ctx context.Context, method string, req, rsp any, opts ...grpc.CallOption) error {
	live := s.transport.live.Load()
	if live == nil || (*live)[s.callee] == nil {
		return noSuchService(s.callee)
	}
	if err := withinLimit(req); err != nil {
		return err
	}
	switch err := (*live)[s.callee].channel.Invoke(ctx, method, req, rsp, opts...); {
	case errors.Is(err, io.EOF) && ctx.Err() != nil:
		return ctx.Err() // The channel drops the answer to a context that ends meanwhile, and says so with EOF.
	case err != nil:
		return err
	}
	return withinLimit(rsp)
}

// protoCloner copies messages from one side to the other, so that neither sees the other's changes. The one that
// inprocgrpc brings looks for dynamic messages first.
type protoCloner struct{}

// Copy makes out equal to in.
func (protoCloner) Copy(out, in any) error {
	from, to := in.(proto.Message), out.(proto.Message) //nolint:errcheck // Generated code passes nothing else.
	proto.Reset(to)
	proto.Merge(to, from)
	return nil
}

// Clone is a copy of in.
func (protoCloner) Clone(in any) (any, error) {
	return proto.Clone(in.(proto.Message)), nil //nolint:errcheck // Generated code passes nothing else.
}

// withinLimit refuses here what a network would refuse, lest it be found out only there.
func withinLimit(message any) error {
	if m, ok := message.(proto.Message); ok && proto.Size(m) > MaxMessage+headroom {
		return errs.New(errs.BadRequest+".too_large", "The message is too large")
	}
	return nil
}
