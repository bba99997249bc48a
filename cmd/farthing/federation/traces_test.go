package federation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"farthing/cmd/farthing/federation"
	"farthing/pkg/foundation"
	"farthing/pkg/trace"
)

// traced is three processes with recorders of their own, and the door over them.
type traced struct {
	recorders map[string]*trace.Recorder
	options   federation.Options
}

func newTraced(t *testing.T) *traced {
	t.Helper()
	b := &traced{recorders: make(map[string]*trace.Recorder)}
	var sources []federation.Source
	for _, name := range []string{"service.feed", "service.balance", "service.card-api"} {
		source, ground := process(t, name, func(*foundation.Env) error { return nil })
		sources = append(sources, source)
		b.recorders[name] = ground.Recorder
	}
	b.options = over(sources...)
	return b
}

// act starts a span in a process, continuing the trace in ctx as a call between processes does.
func (b *traced) act(ctx context.Context, service, name string) (context.Context, *trace.Span) {
	from := trace.WithRemote(context.Background(), trace.Traceparent(ctx))
	return trace.Start(from, b.recorders[service].Tracer(service), name, trace.Server)
}

// swipe is a request that passes all three processes, and the id of its trace.
func (b *traced) swipe(tx string) string {
	ctx, edge := b.act(context.Background(), "service.card-api", "authorise")
	inner, reserve := b.act(ctx, "service.balance", "reserve")
	trace.Annotate(inner, "transaction_id", tx)
	reserve.End(nil)
	edge.End(fmt.Errorf("declined"))
	_, item := b.act(inner, "service.feed", "item")
	item.End(nil)
	return trace.ID(ctx)
}

func decode[T any](t *testing.T, o federation.Options, path string) (decoded T) {
	t.Helper()
	rsp := get(t, o, path)
	if err := json.Unmarshal(rsp.Body.Bytes(), &decoded); err != nil || rsp.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, rsp.Code, rsp.Body)
	}
	return decoded
}

func TestATraceHoldsTheSpansOfAllProcessesInOrder(t *testing.T) {
	b := newTraced(t)
	id := b.swipe("tx_1")
	b.swipe("tx_2")
	found := decode[trace.Found](t, b.options, "/traces/"+id)
	var names []string
	for _, s := range found.Spans {
		names = append(names, s.Service+" "+s.Name)
	}
	want := "service.card-api authorise, service.balance reserve, service.feed item"
	if got := strings.Join(names, ", "); got != want || found.TraceID != id {
		t.Errorf("got %s of %s, want %s", got, found.TraceID, want)
	}
	if lines := trace.Waterfall(found.Spans); len(lines) != 3 || lines[2].Depth != 2 {
		t.Errorf("they are drawn as %+v", lines)
	}
}

func TestASummaryIsOfAllProcesses(t *testing.T) {
	b := newTraced(t)
	id := b.swipe("tx_1")
	spans := decode[trace.Found](t, b.options, "/traces/"+id).Spans
	first, last := spans[0], spans[2]
	// Only the second process knows the transaction.
	for _, path := range []string{"/traces", "/traces?transaction_id=tx_1", "/traces?trace_id=" + id} {
		list := decode[trace.Listed](t, b.options, path).Traces
		if len(list) != 1 {
			t.Fatalf("%s: got %+v", path, list)
		}
		want := trace.Summary{
			TraceID: id, Service: "service.card-api", Name: "authorise", Status: "internal", Start: first.Start,
			Duration: last.Start.Add(last.Duration).Sub(first.Start), Spans: 3,
		}
		if !list[0].Start.Equal(want.Start) {
			t.Errorf("%s: it starts at %v, want %v", path, list[0].Start, want.Start)
		}
		if list[0].Start = want.Start; list[0] != want {
			t.Errorf("%s: got %+v, want %+v", path, list[0], want)
		}
	}
}

func TestTheListIsOfTheNewestTracesNewestFirst(t *testing.T) {
	b := newTraced(t)
	var ids []string
	for n := range 7 {
		ids = append(ids, b.swipe(fmt.Sprintf("tx_%d", n%3)))
		_, alone := b.act(context.Background(), "service.feed", "sweep")
		alone.End(nil)
	}
	if got := len(decode[trace.Listed](t, b.options, "/traces").Traces); got != 14 {
		t.Errorf("%d traces, want 14", got)
	}
	newest := decode[trace.Listed](t, b.options, "/traces?limit=4").Traces
	if len(newest) != 4 || newest[0].Name != "sweep" || newest[1].TraceID != ids[6] || newest[1].Spans != 3 ||
		newest[3].TraceID != ids[5] {
		t.Errorf("got %+v, want those of %v", newest, ids[5:])
	}
	of := decode[trace.Listed](t, b.options, "/traces?limit=100&transaction_id=tx_0").Traces
	if len(of) != 3 || of[0].TraceID != ids[6] || of[2].TraceID != ids[0] {
		t.Errorf("got %+v", of)
	}
}

func TestLimitsAndErrorsAreThoseOfOneProcess(t *testing.T) {
	b := newTraced(t)
	alone := b.recorders["service.feed"].Handler()
	for _, path := range []string{
		"/traces", "/traces?limit=0", "/traces?limit=101", "/traces?limit=x", "/traces?a=1&b=2",
		"/traces?transaction_id=tx_9", "/traces/unknown", "/traces/" + strings.Repeat("a", 32),
		"/traces/..%2Fmetrics", "/traces?trace_id=x",
	} {
		want, got := ask(t, alone, path), ask(t, federation.New(b.options), path)
		if got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

func TestWhatOneProcessKeepsOfATraceIsShownWithoutTheOthers(t *testing.T) {
	r := trace.NewRecorder(trace.Limits{})
	ctx, span := trace.Start(t.Context(), r.Tracer("service.feed"), "item", trace.Server)
	span.End(nil)
	n := network{"feed": r.Handler().ServeHTTP, "odd": says(`{"trace_id":7,"spans":"many"`)}
	o := n.over("gone", "odd", "feed")
	if found := decode[trace.Found](t, o, "/traces/"+trace.ID(ctx)); len(found.Spans) != 1 {
		t.Errorf("got %+v", found)
	}
	if list := decode[trace.Listed](t, o, "/traces").Traces; len(list) != 1 || list[0].Spans != 1 {
		t.Errorf("got %+v", list)
	}
}
