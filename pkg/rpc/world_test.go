package rpc_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"farthing/pkg/clock"
	"farthing/pkg/foundation/foundationtest"
	"farthing/pkg/rpc"
	echoproto "farthing/pkg/rpc/rpctest/proto"
	"farthing/pkg/trace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// onBoth runs one body of tests on both transports: nothing that a service can see may differ.
func onBoth(t *testing.T, body func(*testing.T, *world)) {
	t.Helper()
	t.Run("in process", func(t *testing.T) { body(t, newWorld(t, rpc.NewInProcess())) })
	t.Run("over TCP", func(t *testing.T) { body(t, newWorld(t, rpc.NewGRPC(loopback()))) })
}

// loopback is a network in which a service that does not listen has an address where nobody answers.
func loopback() rpc.Network {
	var mu sync.Mutex
	addresses := make(map[string]string)
	return rpc.Network{
		Listen: func(service string) (net.Listener, error) {
			l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
			if err != nil {
				return nil, err
			}
			mu.Lock()
			defer mu.Unlock()
			addresses[service] = l.Addr().String()
			return l, nil
		},
		Address: func(service string) string {
			mu.Lock()
			defer mu.Unlock()
			if address, ok := addresses[service]; ok {
				return "passthrough:///" + address
			}
			return "passthrough:///127.0.0.1:1"
		},
	}
}

// world is one service that echoes and what can be seen of it from outside.
type world struct {
	transport rpc.Transport
	recorder  *trace.Recorder
	registry  *prometheus.Registry
	clock     *clock.Business // Of the echoing service.
	log       *foundationtest.Lines
	echo      *echo
}

func newWorld(t testing.TB, transport rpc.Transport) *world {
	t.Helper()
	w := &world{
		transport: transport, recorder: trace.NewRecorder(trace.Limits{}), registry: prometheus.NewRegistry(),
		clock: &clock.Business{}, log: &foundationtest.Lines{}, echo: &echo{},
	}
	into, err := transport.Listen("service.echo", rpc.Options{
		Log:    slog.New(slog.NewJSONHandler(w.log, nil)),
		Tracer: w.recorder.Tracer("service.echo"), Metrics: w.registry, Clock: w.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	echoproto.RegisterEchoServer(into, w.echo)
	if err := transport.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := transport.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return w
}

// from is a client of the echo in the name of a service.
func (w *world) from(t testing.TB, caller string) echoproto.EchoClient {
	t.Helper()
	return w.dial(t, caller, "service.echo", rpc.Options{Tracer: w.recorder.Tracer(caller)})
}

func (w *world) dial(t testing.TB, caller, callee string, o rpc.Options) echoproto.EchoClient {
	t.Helper()
	conn, err := w.transport.Dial(caller, callee, o)
	if err != nil {
		t.Fatal(err)
	}
	return echoproto.NewEchoClient(conn)
}

// echo answers what the test tells it to.
type echo struct {
	echoproto.UnimplementedEchoServer

	mu    sync.Mutex
	say   func(context.Context) error // Nil: no error.
	calls int64
}

// does sets what each call does from now on.
func (e *echo) does(say func(context.Context) error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.say = say
}

// took is how many calls have come.
func (e *echo) took() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.calls
}

func (e *echo) answer(ctx context.Context) (int64, error) {
	e.mu.Lock()
	e.calls++
	calls, say := e.calls, e.say
	e.mu.Unlock()
	if say == nil {
		return calls, nil
	}
	return calls, say(ctx)
}

func (e *echo) Say(ctx context.Context, req *echoproto.SayRequest) (*echoproto.SayResponse, error) {
	_, err := e.answer(ctx)
	return &echoproto.SayResponse{Text: req.GetText()}, err
}

func (e *echo) SayAgain(ctx context.Context, _ *echoproto.SayAgainRequest) (*echoproto.SayAgainResponse, error) {
	calls, err := e.answer(ctx)
	return &echoproto.SayAgainResponse{Calls: calls}, err
}

func (e *echo) SayToFriends(
	ctx context.Context, _ *echoproto.SayToFriendsRequest,
) (*echoproto.SayToFriendsResponse, error) {
	_, err := e.answer(ctx)
	return &echoproto.SayToFriendsResponse{}, err
}

// say calls Say and answers its error.
func say(ctx context.Context, c echoproto.EchoClient) error {
	_, err := c.Say(ctx, &echoproto.SayRequest{Text: "hello"})
	return err
}

// always is a handler that fails so.
func always(err error) func(context.Context) error {
	return func(context.Context) error { return err }
}

// untilDone is a handler that waits for its context to end.
func untilDone(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

var errPlain = errors.New("plain trouble with 4000056655665556")
