package rpc_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/rpc"
	echoproto "farthing/pkg/rpc/rpctest/proto"
)

func TestTheNameOnACertificateOutweighsTheStamp(t *testing.T) {
	for proven, want := range map[string]string{
		"service.friend": "", "service.thief": rpc.NotACaller, "": rpc.NotACaller,
	} {
		network := loopback()
		network.Caller = func(context.Context) string { return proven }
		w := newWorld(t, rpc.NewGRPC(network))
		_, err := w.from(t, "service.friend").SayToFriends(t.Context(), &echoproto.SayToFriendsRequest{})
		if (want == "") != (err == nil) || err != nil && !errs.Is(err, want) {
			t.Errorf("a caller proven to be %q got %v, want %q", proven, err, want)
		}
	}
}

func TestAConnectionThatDiesAfterTheSendLeavesAnUnknownOutcome(t *testing.T) {
	network := loopback()
	var accepted net.Conn
	network.Dial = func(ctx context.Context, address string) (net.Conn, error) {
		var err error
		accepted, err = (&net.Dialer{}).DialContext(ctx, "tcp", address)
		return accepted, err
	}
	w := newWorld(t, rpc.NewGRPC(network))
	w.echo.does(func(ctx context.Context) error {
		if err := accepted.Close(); err != nil {
			return err
		}
		return untilDone(ctx)
	})
	_, err := w.from(t, "service.stranger").SayAgain(t.Context(), &echoproto.SayAgainRequest{})
	if !errs.Is(err, errs.OutcomeUnknown) || w.echo.took() != 1 {
		t.Errorf("got %v after %d calls, want %s after one", err, w.echo.took(), errs.OutcomeUnknown)
	}
}

func TestAStopThatMayNotWaitSaysSo(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		inside, leave := make(chan struct{}), make(chan struct{})
		w.echo.does(func(ctx context.Context) error {
			close(inside)
			select {
			case <-leave:
			case <-ctx.Done():
			}
			return nil
		})
		answered := make(chan error, 1)
		client := w.from(t, "service.stranger")
		go func() { answered <- say(t.Context(), client) }()
		<-inside
		now, cancel := context.WithCancel(t.Context())
		cancel()
		if err := w.transport.Stop(now); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the context's error", err)
		}
		close(leave)
		<-answered
	})
}

func TestAServiceListensOnceAndBeforeTheStart(t *testing.T) {
	for name, transport := range map[string]rpc.Transport{
		"in process": rpc.NewInProcess(), "over TCP": rpc.NewGRPC(loopback()),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, transport)
			if _, err := w.transport.Listen("service.late", rpc.Options{}); !errs.Is(err, errs.PreconditionFailed) {
				t.Errorf("after the start: %v", err)
			}
		})
	}
	twice := rpc.NewInProcess()
	if _, err := twice.Listen("service.echo", rpc.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := twice.Listen("service.echo", rpc.Options{}); !errs.Is(err, errs.Conflict) {
		t.Errorf("a second time: %v", err)
	}
}

func TestAServiceThatStreamsOrIsNotLinkedInDoesNotStart(t *testing.T) {
	for name, desc := range map[string]*grpc.ServiceDesc{
		"streams":    {ServiceName: "rpctest.v1.Echo", Streams: []grpc.StreamDesc{{StreamName: "Sing"}}},
		"not linked": {ServiceName: "no.such.Service", Methods: []grpc.MethodDesc{{MethodName: "Do"}}},
	} {
		t.Run(name, func(t *testing.T) {
			p := rpc.NewInProcess()
			into, err := p.Listen("service.echo", rpc.Options{})
			if err != nil {
				t.Fatal(err)
			}
			desc.HandlerType = (*any)(nil)
			into.RegisterService(desc, &echo{})
			if err := p.Start(t.Context()); err == nil {
				t.Error("it started")
			}
		})
	}
}

func TestACallBeforeTheStartIsUnavailable(t *testing.T) {
	p := rpc.NewInProcess()
	if _, err := p.Listen("service.echo", rpc.Options{}); err != nil {
		t.Fatal(err)
	}
	conn, err := p.Dial("service.stranger", "service.echo", rpc.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := say(t.Context(), echoproto.NewEchoClient(conn)); !errs.Is(err, rpc.NoSuchService) {
		t.Errorf("got %v, want %s", err, rpc.NoSuchService)
	}
}

func TestAPeerThatHasRestedIsTriedAgainInASimulatedWorld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, rpc.NewInProcess())
		client := w.from(t, "service.stranger")
		w.echo.does(always(errs.New(errs.OutcomeUnknown, "x")))
		for range 25 {
			_ = say(t.Context(), client)
		}
		if err := say(t.Context(), client); !errs.Is(err, rpc.CircuitOpen) {
			t.Fatalf("got %v, want %s", err, rpc.CircuitOpen)
		}
		w.echo.does(nil)
		if err := clock.Wait(t.Context(), 2*time.Second); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := say(t.Context(), client); err != nil {
				t.Errorf("a peer that is back: %v", err)
			}
		}
	})
}
