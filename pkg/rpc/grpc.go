package rpc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"farthing/pkg/errs"
)

// Network is where the services of a gRPC transport are.
type Network struct {
	// Listen makes the listener of a service that runs in this process.
	Listen func(service string) (net.Listener, error)
	// Address is a service's gRPC target, such as "dns:///s-merchant:8080" or "passthrough:///127.0.0.1:4711", or the
	// addresses of its replicas, host:port each with commas between, whose turn it is one after another.
	Address func(service string) string
	// Dial connects to an address; nil stands for TCP.
	Dial func(ctx context.Context, address string) (net.Conn, error)
	// Credentials secure both sides; nil stands for plain text, for loopback and for a mesh that does it.
	Credentials credentials.TransportCredentials
	// Caller names the service that sent a request, from its certificate, or answers "" if that does not tell; nil
	// believes what the request says, which is for loopback and for a mesh that has checked already.
	Caller func(context.Context) string
}

// receive is the stamp of a request, with the name that its sender can prove where there is such proof.
func (n Network) receive(ctx context.Context) stamp {
	received := readMetadata(ctx)
	if n.Caller != nil {
		received.caller = n.Caller(ctx)
	}
	return received
}

const (
	// headroom is for what grpc adds around a message of MaxMessage.
	headroom = 4 << 10
	// idlePing finds a peer that went without a word; peers must not ping more often than leastPing.
	idlePing  = 30 * time.Second
	leastPing = 20 * time.Second
	pingWait  = 5 * time.Second
	// fastestReconnect and slowestReconnect bound the pause before a lost peer is dialled again.
	fastestReconnect = 50 * time.Millisecond
	slowestReconnect = 2 * time.Second
)

// GRPC carries calls between processes over any net.Listener.
type GRPC struct {
	network Network

	mu       sync.Mutex // Guards the rest.
	services map[string]*remote
	conns    []*grpc.ClientConn
	serving  sync.WaitGroup
	started  bool
	stopped  bool
}

// remote is one service of this process that others may call.
type remote struct {
	*registrar
	server   *grpc.Server
	listener net.Listener
}

// NewGRPC is a transport over a network. It opens no listener and no connection yet.
func NewGRPC(n Network) *GRPC {
	if n.Credentials == nil {
		n.Credentials = insecure.NewCredentials()
	}
	return &GRPC{network: n, services: make(map[string]*remote)}
}

// Listen is as Transport says. The listener is open from now on, so that its address is known; requests that come
// before Start wait.
func (g *GRPC) Listen(service string, o Options) (grpc.ServiceRegistrar, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.started || g.stopped {
		return nil, errs.Newf(errs.PreconditionFailed+".started", "%s cannot listen: the transport has started", service)
	}
	if g.services[service] != nil {
		return nil, errs.Newf(errs.Conflict+".listening", "%s listens already", service)
	}
	r, err := newRegistrar(service, o.withDefaults(), g.network.receive)
	if err != nil {
		return nil, err
	}
	listener, err := g.network.Listen(service)
	if err != nil {
		return nil, fmt.Errorf("listening for %s: %w", service, err)
	}
	server := grpc.NewServer(append(serverOptions(g.network.Credentials), grpc.UnaryInterceptor(r.answer))...)
	r.under = server
	g.services[service] = &remote{r, server, listener}
	return r, nil
}

// Dial is as Transport says.
func (g *GRPC) Dial(caller, callee string, o Options) (grpc.ClientConnInterface, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	target, replicas := targetOf(g.network.Address(callee))
	under, err := grpc.NewClient(target, append(g.clientOptions(), replicas...)...)
	if err != nil {
		return nil, fmt.Errorf("dialling %s: %w", callee, err)
	}
	g.conns = append(g.conns, under)
	return newConn(caller, callee, o.withDefaults(), acrossNetwork, (&remoteSend{conn: under, callee: callee}).invoke)
}

// Start is as Transport says.
func (g *GRPC) Start(context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, service := range g.services {
		if err := service.problem(); err != nil {
			return err
		}
	}
	if g.started || g.stopped {
		return nil
	}
	g.started = true
	for name, service := range g.services {
		g.serving.Go(func() { service.serve(name) })
	}
	return nil
}

func (s *remote) serve(name string) {
	if err := s.server.Serve(s.listener); err != nil {
		s.options.Log.Error("listener failed", "service", name, "error", err)
	}
}

// Stop is as Transport says.
func (g *GRPC) Stop(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stopped = true
	var problems []error
	for _, service := range g.services {
		problems = append(problems, service.stop(ctx))
	}
	g.serving.Wait()
	for _, under := range g.conns {
		problems = append(problems, under.Close())
	}
	g.services, g.conns = nil, nil
	return errors.Join(problems...)
}

// stop drains a server, and cuts its connections when ctx ends first.
func (s *remote) stop(ctx context.Context) error {
	defer s.listener.Close() //nolint:errcheck // Closed by the server, if that ever served.
	defer context.AfterFunc(ctx, s.server.Stop)()
	s.server.GracefulStop()
	if ctx.Err() != nil {
		return fmt.Errorf("waiting for the requests under way: %w", context.Cause(ctx))
	}
	return nil
}

// remoteSend is one attempt over a network.
type remoteSend struct {
	conn   *grpc.ClientConn
	callee string
}

// invoke tells a request that never left from one that was lost on its way: grpc says Unavailable of both, but only
// the latter may have been done. A call that found no connection has no peer.
func (s *remoteSend) invoke(ctx context.Context, method string, req, rsp any, opts ...grpc.CallOption) error {
	var reached peer.Peer
	err := s.conn.Invoke(ctx, method, req, rsp, append(opts, grpc.Peer(&reached))...)
	if err != nil && reached.Addr == nil && neverSent(status.Code(err)) {
		return noSuchService(s.callee).Because(err)
	}
	return err
}

func neverSent(code codes.Code) bool {
	return code == codes.Unavailable || code == codes.DeadlineExceeded
}

func serverOptions(secure credentials.TransportCredentials) []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.Creds(secure),
		grpc.MaxRecvMsgSize(MaxMessage + headroom),
		grpc.MaxSendMsgSize(MaxMessage + headroom),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: idlePing, Timeout: pingWait}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: leastPing, PermitWithoutStream: true}),
		grpc.WaitForHandlers(true),
	}
}

func (g *GRPC) clientOptions() []grpc.DialOption {
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(g.network.Credentials),
		grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(MaxMessage+headroom),
			grpc.MaxCallSendMsgSize(MaxMessage+headroom),
		),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time: idlePing, Timeout: pingWait, PermitWithoutStream: true,
		}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: backoff.Config{
				BaseDelay: fastestReconnect, MaxDelay: slowestReconnect, Multiplier: 2, Jitter: .2,
			},
			MinConnectTimeout: pingWait,
		}),
		grpc.WithDisableServiceConfig(), // A name server must not tell us to retry.
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"round_robin":{}}]}`),
		grpc.WithDisableRetry(), // attempts knows which calls may be repeated.
		grpc.WithIdleTimeout(0),
	}
	if g.network.Dial != nil {
		options = append(options, grpc.WithContextDialer(g.network.Dial))
	}
	return options
}
