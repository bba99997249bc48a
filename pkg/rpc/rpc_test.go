package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/rpc"
	echoproto "farthing/pkg/rpc/rpctest/proto"
	"farthing/pkg/trace"
)

const pan = "4000056655665556"

func TestACallIsAnswered(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		rsp, err := w.from(t, "service.stranger").Say(t.Context(), &echoproto.SayRequest{Text: "hello"})
		if err != nil || rsp.GetText() != "hello" {
			t.Fatalf("got %v, %v", rsp, err)
		}
	})
}

func TestACodedErrorArrivesWithoutItsCause(t *testing.T) {
	for name, sent := range map[string]error{
		"coded":   errs.BadParam("amount", "must be more than zero"),
		"caused":  errs.Missing("card").Because(errPlain),
		"wrapped": fmt.Errorf("looking up %s: %w", pan, errs.Missing("card")),
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, w *world) {
				w.echo.does(always(sent))
				got := say(t.Context(), w.from(t, "service.stranger"))
				want := errs.Of(sent).WithoutCause()
				if diff := cmp.Diff(error(want), got, cmp.AllowUnexported(errs.Error{})); diff != "" {
					t.Fatalf("the peer's error differs:\n%s", diff)
				}
			})
		})
	}
}

func TestAnUncodedErrorAndAPanicTellThePeerNothing(t *testing.T) {
	for name, act := range map[string]func(context.Context) error{
		"error": always(errPlain),
		"panic": func(context.Context) error { panic("at " + pan) },
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, w *world) {
				w.echo.does(act)
				err := say(t.Context(), w.from(t, "service.stranger"))
				if got, want := err.Error(), "internal: Something went wrong"; got != want {
					t.Errorf("got %q, want %q", got, want)
				}
			})
		})
	}
}

func TestTheCauseIsLoggedWithTheTraceAndWithoutCardNumbers(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.echo.does(always(errs.New(errs.Internal, "Something went wrong").With("field", "x").Because(errPlain)))
		ctx, span := trace.Start(t.Context(), w.recorder.Tracer("test"), "test", trace.Client)
		defer span.End(nil)
		if err := say(ctx, w.from(t, "service.stranger")); err == nil {
			t.Fatal("no error")
		}
		logged := w.log.String()
		for _, want := range []string{
			`"level":"ERROR"`, "plain trouble with [digits]", trace.ID(ctx), `"code":"internal"`,
			`"params":{"field":"x"}`, `"method":"/rpctest.v1.Echo/Say"`,
		} {
			if !strings.Contains(logged, want) {
				t.Errorf("the log lacks %q: %s", want, logged)
			}
		}
		if strings.Contains(logged, pan) {
			t.Errorf("the log holds a card number: %s", logged)
		}
	})
}

func TestAPanicIsLoggedWithItsStack(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.echo.does(func(context.Context) error { panic("oh no") })
		if err := say(t.Context(), w.from(t, "service.stranger")); !errs.Is(err, errs.Internal) {
			t.Fatalf("got %v", err)
		}
		if logged := w.log.String(); !strings.Contains(logged, "oh no") || !strings.Contains(logged, "world_test.go") {
			t.Errorf("the log lacks the panic or its stack: %s", logged)
		}
	})
}

func TestOnlyNamedCallersAreLetIn(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		_, err := w.from(t, "service.friend").SayToFriends(t.Context(), &echoproto.SayToFriendsRequest{})
		if err != nil {
			t.Errorf("a friend was refused: %v", err)
		}
		_, err = w.from(t, "service.stranger").SayToFriends(t.Context(), &echoproto.SayToFriendsRequest{})
		if !errs.Is(err, rpc.NotACaller) {
			t.Errorf("a stranger got %v, want %s", err, rpc.NotACaller)
		}
		if got := w.echo.took(); got != 1 {
			t.Errorf("the handler ran %d times", got)
		}
	})
}

func TestAHandlerGetsLessTimeThanItsCallerWaits(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		outer := deadlineOf(t, ctx, -rpc.ReplyTime/2) // Half is left for what the wire and its rounding take.
		w.echo.does(func(ctx context.Context) error {
			if got := deadlineOf(t, ctx, 0); got.After(outer) {
				t.Errorf("the handler may run until %v, its caller waits until %v", got, outer)
			}
			return nil
		})
		if err := say(ctx, w.from(t, "service.stranger")); err != nil {
			t.Fatal(err)
		}
	})
}

func deadlineOf(t *testing.T, ctx context.Context, moved time.Duration) time.Time {
	t.Helper()
	deadline, ok := ctx.Deadline()
	if !ok {
		t.Error("no deadline")
	}
	return deadline.Add(moved)
}

func TestEveryCallHasADeadline(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.echo.does(func(ctx context.Context) error {
			deadlineOf(t, ctx, 0)
			return nil
		})
		if err := say(context.WithoutCancel(t.Context()), w.from(t, "service.stranger")); err != nil {
			t.Fatal(err)
		}
	})
}

func TestWhatCannotEndInTimeIsNotBegun(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ctx, cancel := context.WithTimeout(t.Context(), rpc.LeastTime)
		defer cancel()
		if err := say(ctx, w.from(t, "service.stranger")); !errs.Is(err, rpc.TooLate) {
			t.Errorf("got %v, want %s", err, rpc.TooLate)
		}
		ended, end := context.WithCancel(t.Context())
		end()
		if err := say(ended, w.from(t, "service.stranger")); !errs.Is(err, rpc.TooLate) {
			t.Errorf("got %v, want %s", err, rpc.TooLate)
		}
		if got := w.echo.took(); got != 0 {
			t.Errorf("the handler ran %d times", got)
		}
	})
}

func TestAnOverrunDeadlineIsAnUnknownOutcome(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.echo.does(untilDone)
		ctx, cancel := context.WithTimeout(t.Context(), 10*rpc.LeastTime) // It begins in time on a busy machine, too.
		defer cancel()
		if err := say(ctx, w.from(t, "service.stranger")); !errs.Is(err, errs.OutcomeUnknown) {
			t.Errorf("got %v, want %s", err, errs.OutcomeUnknown)
		}
	})
}

func TestACallerThatGivesUpEndsTheHandlersContext(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		w.echo.does(func(ctx context.Context) error {
			cancel()
			err := untilDone(ctx)
			close(ended)
			return err
		})
		if err := say(ctx, w.from(t, "service.stranger")); !errs.Is(err, errs.OutcomeUnknown) {
			t.Errorf("got %v, want %s", err, errs.OutcomeUnknown)
		}
		<-ended
	})
}

func TestOnlyTheRepeatableIsRepeatedAndOnlyIfNothingWasDone(t *testing.T) {
	for name, c := range map[string]struct {
		fails      error
		repeatable bool
		want       int64
	}{
		"nothing was done, repeatable":     {errs.New(errs.Unavailable, "x"), true, 3},
		"nothing was done, not repeatable": {errs.New(errs.Unavailable, "x"), false, 1},
		"unknown outcome":                  {errs.New(errs.OutcomeUnknown, "x"), true, 1},
		"bad request":                      {errs.MissingParam("x"), true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, w *world) {
				w.echo.does(always(c.fails))
				client := w.from(t, "service.stranger")
				err := say(t.Context(), client)
				if c.repeatable {
					w.echo.calls = 0
					_, err = client.SayAgain(t.Context(), &echoproto.SayAgainRequest{})
				}
				if !errors.Is(err, errs.Of(c.fails)) || w.echo.took() != c.want {
					t.Errorf("got %v after %d calls, want %v after %d", err, w.echo.took(), c.fails, c.want)
				}
			})
		})
	}
}

func TestARepeatThatSucceedsIsASuccess(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.echo.does(func(context.Context) error {
			if w.echo.took() == 1 {
				return errs.New(errs.Unavailable, "not yet")
			}
			return nil
		})
		rsp, err := w.from(t, "service.stranger").SayAgain(t.Context(), &echoproto.SayAgainRequest{})
		if err != nil || rsp.GetCalls() != 2 {
			t.Errorf("got %v, %v, want the second call's answer", rsp, err)
		}
	})
}

func TestAFailingPeerGetsARest(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.echo.does(always(errs.New(errs.Unavailable, "x")))
		client := w.from(t, "service.stranger")
		var err error
		for range 30 {
			err = say(t.Context(), client)
		}
		if !errs.Is(err, rpc.CircuitOpen) || w.echo.took() >= 30 {
			t.Errorf("got %v after %d calls, want %s", err, w.echo.took(), rpc.CircuitOpen)
		}
	})
}

func TestAPeerThatAnswersNoIsNotFailing(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.echo.does(always(errs.Missing("card")))
		client := w.from(t, "service.stranger")
		for range 50 {
			if err := say(t.Context(), client); !errs.Is(err, errs.NotFound) {
				t.Fatalf("got %v", err)
			}
		}
	})
}

func TestAMissingPeerIsUnavailable(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		client := w.dial(t, "service.stranger", "service.nobody", rpc.Options{})
		err := say(t.Context(), client)
		want := "unavailable.no_such_service: service.nobody cannot be reached"
		if !strings.HasPrefix(fmt.Sprint(err), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	})
}

func TestALargerMessageThanAllowedIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		client := w.from(t, "service.stranger")
		_, err := client.Say(t.Context(), &echoproto.SayRequest{Text: strings.Repeat("x", rpc.MaxMessage-100)})
		if err != nil {
			t.Errorf("a message within the limit was refused: %v", err)
		}
		_, err = client.Say(t.Context(), &echoproto.SayRequest{Text: strings.Repeat("x", 2*rpc.MaxMessage)})
		if !errs.Is(err, errs.BadRequest+".too_large") {
			t.Errorf("got %v", err)
		}
	})
}

func TestTheLargerClockIsTakenOver(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ahead := &clock.Business{}
		ahead.Observe(time.Hour)
		client := w.dial(t, "service.stranger", "service.echo", rpc.Options{Clock: ahead})
		if err := say(t.Context(), client); err != nil {
			t.Fatal(err)
		}
		if got := w.clock.Offset(); got != time.Hour {
			t.Errorf("the offset is %v, want %v", got, time.Hour)
		}
		if err := say(t.Context(), w.from(t, "service.behind")); err != nil {
			t.Fatal(err)
		}
		if got := w.clock.Offset(); got != time.Hour {
			t.Errorf("a caller that is behind took the offset back to %v", got)
		}
	})
}

func TestACallIsOneTreeOfSpans(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.echo.does(always(errs.Missing("card")))
		ctx, root := trace.Start(t.Context(), w.recorder.Tracer("service.edge"), "swipe", trace.Server)
		_ = say(ctx, w.from(t, "service.stranger"))
		root.End(nil)

		var got []string
		for _, line := range trace.Waterfall(w.recorder.Trace(trace.ID(ctx))) {
			got = append(got, fmt.Sprintf("%d %s %s %s %s", line.Depth, line.Service, line.Name, line.Kind, line.Status))
		}
		want := []string{
			"0 service.edge swipe server ok",
			"1 service.stranger /rpctest.v1.Echo/Say client not_found",
			"2 service.echo /rpctest.v1.Echo/Say server not_found",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the trace differs:\n%s", diff)
		}
	})
}

func TestCallsAreCountedByMethodAndOutcome(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		client := w.from(t, "service.stranger")
		_ = say(t.Context(), client)
		w.echo.does(always(errs.Missing("card")))
		_ = say(t.Context(), client)

		for code, want := range map[string]float64{"ok": 1, "not_found": 1, "internal": 0} {
			if got := counted(t, w.registry, "/rpctest.v1.Echo/Say", code); got != want {
				t.Errorf("%s was counted %v times, want %v", code, got, want)
			}
		}
	})
}

// counted is rpc_requests_total{method,code}.
func counted(t *testing.T, from prometheus.Gatherer, method, code string) float64 {
	t.Helper()
	families, err := from.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			labels := m.GetLabel() // In order of their names: code, method.
			if family.GetName() == "rpc_requests_total" && labels[0].GetValue() == code && labels[1].GetValue() == method {
				return m.GetCounter().GetValue()
			}
		}
	}
	t.Fatalf("rpc_requests_total has no %s, %s", method, code)
	return 0
}

func TestNothingIsLetInAfterStopAndWhatIsUnderWayEnds(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		inside, leave := make(chan struct{}), make(chan struct{})
		w.echo.does(func(context.Context) error {
			close(inside)
			<-leave
			return nil
		})
		client := w.from(t, "service.stranger")
		answered, stopped := make(chan error, 1), make(chan error, 1)
		go func() { answered <- say(t.Context(), client) }()
		<-inside
		go func() { stopped <- w.transport.Stop(t.Context()) }()
		close(leave)
		if err := <-answered; err != nil {
			t.Errorf("the call under way failed: %v", err)
		}
		if err := <-stopped; err != nil {
			t.Errorf("stopping: %v", err)
		}
		if err := say(t.Context(), client); !errs.Is(err, errs.Unavailable) && !errs.Is(err, errs.Timeout) {
			t.Errorf("a call after the stop: %v", err)
		}
	})
}
