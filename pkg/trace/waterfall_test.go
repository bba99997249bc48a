package trace_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"farthing/pkg/trace"
)

var began = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// span is one that started and ended so many milliseconds after the trace began.
func span(id, parent string, start, end int) trace.Finished {
	return trace.Finished{
		SpanID: id, ParentID: parent, Service: "service." + id, Name: "/x.v1.X/Do", Kind: trace.Server, Status: "ok",
		Start: began.Add(time.Duration(start) * time.Millisecond), Duration: time.Duration(end-start) * time.Millisecond,
	}
}

// drawn is a line in short: depth, id, offset, duration, self, in milliseconds.
func drawn(lines []trace.Line) []string {
	var out []string
	for _, l := range lines {
		out = append(out, fmt.Sprintf("%s%s %d %d %d", strings.Repeat(" ", l.Depth), l.SpanID,
			l.Offset.Milliseconds(), l.Duration.Milliseconds(), l.Self.Milliseconds()))
	}
	return out
}

func TestAWaterfallIsInTreeOrderWithSelfTimes(t *testing.T) {
	for name, c := range map[string]struct {
		spans []trace.Finished
		want  []string
	}{
		"children one after the other": {
			[]trace.Finished{span("c", "a", 6, 9), span("a", "", 0, 10), span("d", "b", 2, 3), span("b", "a", 1, 4)},
			[]string{"a 0 10 4", " b 1 3 2", "  d 2 1 1", " c 6 3 3"},
		},
		"children at the same time": {
			[]trace.Finished{span("a", "", 0, 10), span("b", "a", 1, 6), span("c", "a", 2, 4), span("d", "a", 5, 8)},
			[]string{"a 0 10 3", " b 1 5 5", " c 2 2 2", " d 5 3 3"},
		},
		"a consumer that runs on": {
			[]trace.Finished{span("a", "", 0, 10), span("b", "a", 8, 30), span("c", "a", 40, 50)},
			[]string{"a 0 10 8", " b 8 22 22", " c 40 10 10"},
		},
		"a parent that was forgotten": {
			[]trace.Finished{span("b", "gone", 3, 5), span("a", "", 0, 4)},
			[]string{"a 0 4 4", "b 3 2 2"},
		},
		"a forged circle": {
			[]trace.Finished{span("a", "b", 0, 4), span("b", "a", 1, 2), span("c", "c", 2, 3)},
			[]string{"c 2 1 1", "a 0 4 3", " b 1 1 0"},
		},
		"nothing": {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, drawn(trace.Waterfall(c.spans))); diff != "" {
				t.Errorf("the waterfall differs:\n%s", diff)
			}
		})
	}
}

func TestAWaterfallHoldsEverySpanOnceWhateverTheyAre(t *testing.T) {
	id := rapid.StringMatching(`[a-f]`)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 12).Draw(t, "n")
		spans := make([]trace.Finished, n)
		for i := range spans {
			start := rapid.IntRange(0, 20).Draw(t, "start")
			spans[i] = span(id.Draw(t, "id"), id.Draw(t, "parent"), start, start+rapid.IntRange(0, 20).Draw(t, "length"))
		}
		lines := trace.Waterfall(spans)
		if len(lines) != n {
			t.Fatalf("%d spans became %d lines", n, len(lines))
		}
		for _, l := range lines {
			if l.Self < 0 || l.Self > l.Duration {
				t.Fatalf("self time %v of %v", l.Self, l.Duration)
			}
		}
		if err := trace.Draw(&strings.Builder{}, lines, 80, nil); err != nil {
			t.Fatal(err)
		}
	})
}

func TestADrawingShowsWhereTheTimeWent(t *testing.T) {
	spans := []trace.Finished{span("a", "", 0, 10), span("b", "a", 2, 6), span("c", "b", 3, 4)}
	spans[1].Kind, spans[2].Status = trace.Client, "timeout"
	spans[0].Name = "POST /authorise/:id"
	var out strings.Builder
	if err := trace.Draw(&out, trace.Waterfall(spans), 80, nil); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		`a POST /authorise/:id server ███████████████████████████████      10ms       6ms`,
		`  b Do client                      ████████████                    4ms       3ms`,
		`    c Do server ! timeout             ███                          1ms       1ms`,
	}, "\n") + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("the drawing differs:\n%s", diff)
	}
}

func TestTheCallerPaintsEachLine(t *testing.T) {
	var out strings.Builder
	lines := trace.Waterfall([]trace.Finished{span("a", "", 0, 0)})
	paint := func(text string, l trace.Line) string { return "<" + l.SpanID + ">" + strings.TrimSpace(text)[:1] }
	if err := trace.Draw(&out, lines, 80, paint); err != nil || out.String() != "<a>a\n" {
		t.Errorf("got %q, %v", out.String(), err)
	}
}
