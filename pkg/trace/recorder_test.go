package trace_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"farthing/pkg/clock"
	"farthing/pkg/trace"
)

// record makes a trace of one span with one attribute and answers its id.
func record(r *trace.Recorder, key, value string) string {
	ctx, span := trace.Start(context.Background(), r.Tracer("service.x"), "swipe", trace.Server)
	trace.Annotate(ctx, key, value)
	span.End(nil)
	return trace.ID(ctx)
}

func TestTheNewestSpansAreKeptWithinBothLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limits := trace.Limits{
			Spans: rapid.IntRange(1, 1200).Draw(t, "spans"),
			Bytes: rapid.IntRange(1000, 100_000).Draw(t, "bytes"),
		}
		r := trace.NewRecorder(limits)
		var ids []string
		for i := range rapid.IntRange(0, 1500).Draw(t, "traces") {
			ids = append(ids, record(r, "n", strings.Repeat("x", i%40)))
		}
		kept := r.Recent(5000)
		if len(kept) > limits.Spans || len(kept) > limits.Bytes/100 {
			t.Fatalf("%d spans are kept by %+v", len(kept), limits)
		}
		if len(ids) > 0 && len(kept) == 0 {
			t.Fatal("not even the newest is kept")
		}
		for i, summary := range kept {
			if want := ids[len(ids)-1-i]; summary.TraceID != want {
				t.Fatalf("the newest but %d is not what was recorded", i)
			}
		}
	})
}

func TestTracesAreFoundByAnAttribute(t *testing.T) {
	r := trace.NewRecorder(trace.Limits{})
	first := record(r, "transaction_id", "tx_1")
	record(r, "transaction_id", "tx_2")
	record(r, "account_id", "tx_1")
	got := r.Find("transaction_id", "tx_1", 10)
	if len(got) != 1 || got[0].TraceID != first || got[0].Name != "swipe" || got[0].Spans != 1 {
		t.Errorf("got %+v, want %s", got, first)
	}
}

func TestASummarySpansItsTrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := trace.NewRecorder(trace.Limits{})
		ctx, root := trace.Start(t.Context(), r.Tracer("service.card-api"), "authorise", trace.Server)
		pass(t, time.Millisecond)
		root.End(nil)
		event := trace.WithRemote(t.Context(), trace.Traceparent(ctx))
		_, late := trace.Start(event, r.Tracer("service.feed"), "item", trace.Consume)
		pass(t, 2*time.Millisecond)
		late.End(nil)

		want := []trace.Summary{{
			TraceID: trace.ID(ctx), Service: "service.card-api", Name: "authorise", Status: "ok",
			Start: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), Duration: 3 * time.Millisecond, Spans: 2,
		}}
		if diff := cmp.Diff(want, r.Recent(10)); diff != "" {
			t.Errorf("the summary differs:\n%s", diff)
		}
	})
}

// pass lets simulated time go by.
func pass(t *testing.T, d time.Duration) {
	t.Helper()
	if err := clock.Wait(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

func TestManyMayRecordAndReadAtOnce(t *testing.T) {
	r := trace.NewRecorder(trace.Limits{Spans: 100})
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for i := range 200 {
				id := record(r, "transaction_id", fmt.Sprintf("tx_%d_%d", n, i))
				r.Trace(id)
				r.Recent(3)
			}
		})
	}
	all.Wait()
	if got := len(r.Recent(1000)); got != 100 {
		t.Errorf("%d traces are kept, want 100", got)
	}
}

func TestTheAdminDoorShowsTraces(t *testing.T) {
	r := trace.NewRecorder(trace.Limits{})
	first := record(r, "transaction_id", "tx_1")
	second := record(r, "transaction_id", "tx_2")
	for path, want := range map[string]string{
		"/traces/" + first:                        "200 " + first,
		"/traces/" + strings.ToUpper(first) + "0": "404",
		"/traces/unknown":                         "404",
		"/traces":                                 "200 " + second + " " + first,
		"/traces?limit=1":                         "200 " + second,
		"/traces?transaction_id=tx_1":             "200 " + first,
		"/traces?transaction_id=tx_3":             "200",
		"/traces?limit=0":                         "400",
		"/traces?limit=101":                       "400",
		"/traces?limit=x":                         "400",
		"/traces?transaction_id=a&b=c":            "400",
		"/traces?trace_id=" + first + "&trace_id=unknown&trace_id=" + second: "200 " + first + " " + second,
		"/traces?trace_id=" + strings.Repeat("a", 32):                        "200",
		"/traces?" + strings.Repeat("trace_id=x&", 101):                      "400",
	} {
		if got := ask(t, r.Handler(), path); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}

// ask answers the status and the ids of the traces in the body, in their order.
func ask(t *testing.T, h http.Handler, path string) string {
	t.Helper()
	rsp := httptest.NewRecorder()
	h.ServeHTTP(rsp, httptest.NewRequest(http.MethodGet, path, http.NoBody))
	var body struct {
		TraceID string           `json:"trace_id"`
		Spans   []trace.Finished `json:"spans"`
		Traces  []trace.Summary  `json:"traces"`
	}
	if err := json.Unmarshal(rsp.Body.Bytes(), &body); err != nil {
		t.Fatalf("%s: %v in %s", path, err, rsp.Body)
	}
	if body.TraceID != "" && len(body.Spans) != 1 {
		t.Errorf("%s: %d spans", path, len(body.Spans))
	}
	said := []string{fmt.Sprint(rsp.Code)}
	if body.TraceID != "" {
		said = append(said, body.TraceID)
	}
	for _, s := range body.Traces {
		said = append(said, s.TraceID)
	}
	return strings.Join(said, " ")
}
