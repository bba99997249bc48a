package rpc_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/rpc"
	echoproto "farthing/pkg/rpc/rpctest/proto"
)

// keeper changes the requests it gets and answers the same message each time.
type keeper struct {
	echoproto.UnimplementedEchoServer

	kept *echoproto.SayResponse
}

func (k *keeper) Say(_ context.Context, req *echoproto.SayRequest) (*echoproto.SayResponse, error) {
	req.Text = "changed by the handler"
	return k.kept, nil
}

func TestNeitherSideSeesWhatTheOtherDoesToAMessage(t *testing.T) {
	onBothAlone(t, func(t *testing.T, transport rpc.Transport) {
		into, err := transport.Listen("service.keeper", rpc.Options{})
		if err != nil {
			t.Fatal(err)
		}
		k := &keeper{kept: &echoproto.SayResponse{Text: "kept"}}
		echoproto.RegisterEchoServer(into, k)
		client := begun(t, transport, "service.keeper")

		req := &echoproto.SayRequest{Text: "sent"}
		rsp, err := client.Say(t.Context(), req)
		if err != nil || rsp.GetText() != "kept" || req.GetText() != "sent" {
			t.Errorf("got %v, %v; the request became %v", rsp, err, req)
		}
		rsp.Text = "changed by the caller"
		if got := k.kept.GetText(); got != "kept" {
			t.Errorf("the handler's message became %q", got)
		}
	})
}

func TestAMethodWithoutAHandlerIsOurMistake(t *testing.T) {
	onBothAlone(t, func(t *testing.T, transport rpc.Transport) {
		if _, err := transport.Listen("service.empty", rpc.Options{}); err != nil {
			t.Fatal(err)
		}
		if err := say(t.Context(), begun(t, transport, "service.empty")); !errs.Is(err, errs.Internal) {
			t.Errorf("got %v, want %s", err, errs.Internal)
		}
	})
}

func TestACallersOtherValuesStayBehind(t *testing.T) {
	type key struct{}
	onBoth(t, func(t *testing.T, w *world) {
		w.echo.does(func(ctx context.Context) error {
			if got := ctx.Value(key{}); got != nil {
				t.Errorf("the handler sees %v", got)
			}
			return nil
		})
		if err := say(context.WithValue(t.Context(), key{}, "private"), w.from(t, "service.stranger")); err != nil {
			t.Fatal(err)
		}
	})
}

// Each call of a handler ends ReplyTime before its own caller's deadline, so the outermost caller of three has three.
func TestAnOverrunDeadlineDeepInsideLeavesEveryCallerItsReplyTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const depth, patience = 3, time.Second
		w := newWorld(t, rpc.NewInProcess())
		client := w.from(t, "service.stranger")
		w.echo.does(func(ctx context.Context) error {
			if w.echo.took() < depth {
				return say(ctx, client)
			}
			return untilDone(ctx)
		})
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		watch := clock.Start()
		if err := say(ctx, client); !errs.Is(err, errs.OutcomeUnknown) {
			t.Errorf("got %v, want %s", err, errs.OutcomeUnknown)
		}
		if got, want := watch.Elapsed(), patience-depth*rpc.ReplyTime; got != want {
			t.Errorf("the answer came after %v, want %v", got, want)
		}
	})
}

func TestAHandlerThatIgnoresItsContextHoldsItsCallerInProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const patience, takes = 200 * time.Millisecond, time.Second
		w := newWorld(t, rpc.NewInProcess())
		w.echo.does(func(ctx context.Context) error { return clock.Wait(context.WithoutCancel(ctx), takes) })
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		watch := clock.Start()
		if err := say(ctx, w.from(t, "service.stranger")); !errs.Is(err, errs.OutcomeUnknown) {
			t.Errorf("got %v, want %s: a network would have dropped the answer", err, errs.OutcomeUnknown)
		}
		if got := watch.Elapsed(); got != takes {
			t.Errorf("the caller was held for %v, the handler took %v", got, takes)
		}
	})
}

// onBothAlone runs one body of tests on both transports, for services other than the echo.
func onBothAlone(t *testing.T, body func(*testing.T, rpc.Transport)) {
	t.Helper()
	t.Run("in process", func(t *testing.T) { body(t, rpc.NewInProcess()) })
	t.Run("over TCP", func(t *testing.T) { body(t, rpc.NewGRPC(loopback())) })
}

// begun is a client of a service on a transport that has started, and stops with the test.
func begun(t *testing.T, transport rpc.Transport, service string) echoproto.EchoClient {
	t.Helper()
	if err := transport.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := transport.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	conn, err := transport.Dial("service.stranger", service, rpc.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return echoproto.NewEchoClient(conn)
}
