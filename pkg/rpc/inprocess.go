package rpc

import (
	"context"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc"

	"farthing/pkg/errs"
)

// InProcess carries calls between services of one process as function calls on the caller's goroutine. A handler that
// ignores its context therefore holds its caller until it returns, which over a network it would not. Call options do
// nothing, and handlers have no headers to read or set.
type InProcess struct {
	mu       sync.Mutex // Guards the rest, but for live.
	services map[string]*local
	stopped  bool

	live     atomic.Pointer[map[string]*local] // What may be called; nil before Start and after Stop.
	requests drain
}

// NewInProcess is a transport within this process.
func NewInProcess() *InProcess { return &InProcess{services: make(map[string]*local)} }

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
	l := &local{registrar: r, handlers: make(map[string]*localHandler)}
	r.under = l
	p.services[service] = l
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

func (s *localSend) invoke(ctx context.Context, method string, req, rsp any, _ ...grpc.CallOption) error {
	live := s.transport.live.Load()
	if live == nil || (*live)[s.callee] == nil || !s.transport.requests.enter() {
		return noSuchService(s.callee)
	}
	defer s.transport.requests.leave()
	return (*live)[s.callee].call(ctx, method, req, rsp)
}
