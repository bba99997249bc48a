package trace_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"farthing/pkg/errs"
	"farthing/pkg/trace"
)

const remote = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestASpanIsRecordedWhenItEnds(t *testing.T) {
	r := trace.NewRecorder(trace.Limits{})
	ctx, span := trace.Start(t.Context(), r.Tracer("service.feed"), "feed.item", trace.Consume)
	if got := r.Trace(trace.ID(ctx)); len(got) != 0 {
		t.Fatalf("a span under way was recorded: %v", got)
	}
	trace.Annotate(ctx, "transaction_id", "tx_1")
	trace.Annotate(ctx, "transaction_id", "tx_2")
	span.End(errs.Missing("card"))
	span.End(nil)
	trace.Annotate(ctx, "account_id", "acc_1")

	got := r.Trace(trace.ID(ctx))
	if len(got) != 1 {
		t.Fatalf("got %d spans, want 1", len(got))
	}
	want := trace.Finished{
		TraceID: trace.ID(ctx), SpanID: got[0].SpanID, Service: "service.feed", Name: "feed.item",
		Kind: trace.Consume, Start: got[0].Start, Duration: got[0].Duration, Status: "not_found",
		Attributes: map[string]string{"transaction_id": "tx_2"},
	}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Errorf("the span differs:\n%s", diff)
	}
}

func TestTheStatusIsTheClassOfTheError(t *testing.T) {
	r := trace.NewRecorder(trace.Limits{})
	for status, err := range map[string]error{
		"ok": nil, "internal": errors.New("boom"), "timeout": context.DeadlineExceeded,
		"precondition_failed": errs.New("precondition_failed.closed", "x"),
	} {
		ctx, span := trace.Start(t.Context(), r.Tracer("x"), "x", trace.Server)
		span.End(err)
		if got := r.Trace(trace.ID(ctx))[0].Status; got != status {
			t.Errorf("%v gave %q, want %q", err, got, status)
		}
	}
}

func TestASpanBelowAnotherIsItsChild(t *testing.T) {
	r := trace.NewRecorder(trace.Limits{})
	ctx, outer := trace.Start(t.Context(), r.Tracer("a"), "outer", trace.Server)
	inner := context.WithValue(ctx, "between", true) //nolint:staticcheck // Any context in between will do.
	_, child := trace.Start(inner, r.Tracer("b"), "inner", trace.Client)
	child.End(nil)
	outer.End(nil)

	spans := r.Trace(trace.ID(ctx))
	if len(spans) != 2 || spans[0].Name != "outer" || spans[1].ParentID != spans[0].SpanID {
		t.Errorf("got %+v", spans)
	}
}

func TestATraceFromElsewhereGoesOn(t *testing.T) {
	r := trace.NewRecorder(trace.Limits{})
	ctx, span := trace.Start(trace.WithRemote(t.Context(), remote), r.Tracer("x"), "x", trace.Server)
	span.End(nil)
	got := r.Trace("0af7651916cd43dd8448eb211c80319c")
	if len(got) != 1 || got[0].ParentID != "b7ad6b7169203331" {
		t.Fatalf("got %+v", got)
	}
	want := "00-0af7651916cd43dd8448eb211c80319c-" + got[0].SpanID + "-01"
	if sent := trace.Traceparent(ctx); sent != want {
		t.Errorf("the traceparent is %q, want %q", sent, want)
	}
}

func TestWhatIsNotSampledIsNotRecordedButGoesOn(t *testing.T) {
	r := trace.NewRecorder(trace.Limits{})
	off := strings.TrimSuffix(remote, "01") + "00"
	ctx, span := trace.Start(trace.WithRemote(t.Context(), off), r.Tracer("x"), "x", trace.Server)
	trace.Annotate(ctx, "transaction_id", "tx_1")
	span.End(nil)
	if got := r.Recent(10); len(got) != 0 {
		t.Errorf("recorded %v", got)
	}
	if sent := trace.Traceparent(ctx); !strings.HasPrefix(sent, off[:36]) || !strings.HasSuffix(sent, "-00") {
		t.Errorf("the traceparent is %q", sent)
	}
}

func TestOneInSoManyNewTracesIsRecorded(t *testing.T) {
	for oneIn, want := range map[uint64]int{0: 0, 1: 12, 4: 3} {
		r := trace.NewRecorder(trace.Limits{})
		r.Sample(oneIn)
		for range 12 {
			_, span := trace.Start(t.Context(), r.Tracer("x"), "x", trace.Server)
			span.End(nil)
		}
		if got := len(r.Recent(100)); got != want {
			t.Errorf("one in %d: %d of 12 recorded, want %d", oneIn, got, want)
		}
	}
}

func TestWithoutATracerNothingHappens(t *testing.T) {
	ctx, span := trace.Start(t.Context(), nil, "x", trace.Server)
	trace.Annotate(ctx, "transaction_id", "tx_1")
	span.End(nil)
	if trace.ID(ctx) != "" || trace.Traceparent(ctx) != "" {
		t.Errorf("a trace began: %q", trace.ID(ctx))
	}
}

func TestAMalformedTraceparentBeginsANewTrace(t *testing.T) {
	for name, header := range map[string]string{
		"empty":             "",
		"too short":         remote[:54],
		"too long":          remote + "0",
		"zero trace":        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
		"zero span":         "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
		"upper case":        strings.ToUpper(remote),
		"forbidden version": "ff" + remote[2:],
		"not hexadecimal":   "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
		"no dashes":         strings.ReplaceAll(remote, "-", "_"),
		"later, no dash":    "01" + remote[2:] + "x",
	} {
		if got := trace.ID(trace.WithRemote(t.Context(), header)); got != "" {
			t.Errorf("%s: %q was read as %s", name, header, got)
		}
	}
}

func TestALaterVersionOfTraceparentMayHaveMore(t *testing.T) {
	ctx := trace.WithRemote(t.Context(), "01"+remote[2:]+"-more")
	if got := trace.ID(ctx); got != "0af7651916cd43dd8448eb211c80319c" {
		t.Errorf("got %q", got)
	}
}

func TestACardNumberIsCutOut(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "",
		"nothing":                        "nothing",
		"4000056655665556":               "[digits]",
		"pan 4000056655665556.":          "pan [digits].",
		"4000056655665556,4000056655665": "[digits],[digits]",
		"12345678901":                    "12345678901",
		"tx_00008zIcpb1TB4yeIFXMzx":      "tx_00008zIcpb1TB4yeIFXMzx",
	} {
		if got := trace.Safe(text); got != want {
			t.Errorf("Safe(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestAttributesAreBounded(t *testing.T) {
	r := trace.NewRecorder(trace.Limits{})
	ctx, span := trace.Start(t.Context(), r.Tracer("x"), "x", trace.Server)
	for _, key := range strings.Split("abcdefghijkl", "") {
		trace.Annotate(ctx, key, strings.Repeat("long ", 100))
	}
	trace.Annotate(ctx, "a", "at 4000056655665556")
	span.End(nil)
	got := r.Trace(trace.ID(ctx))[0].Attributes
	if len(got) != 8 || len(got["b"]) > 96 || got["a"] != "at [digits]" {
		t.Errorf("got %v", got)
	}
}

func FuzzTraceparent(f *testing.F) {
	f.Add(remote)
	f.Add("01" + remote[2:] + "-more")
	f.Add("00-zz")
	f.Fuzz(func(t *testing.T, header string) {
		ctx := trace.WithRemote(context.Background(), header)
		again := trace.Traceparent(ctx)
		if again != "" && trace.Traceparent(trace.WithRemote(context.Background(), again)) != again {
			t.Errorf("%q was read as %q, which does not read as itself", header, again)
		}
	})
}
