package trace

import (
	"cmp"
	"slices"
	"time"
)

// Line is one span of a trace as it is drawn.
type Line struct {
	Finished

	Depth  int           // 0 for the first span, and for one whose parent is not there.
	Offset time.Duration // From the start of the trace.
	Self   time.Duration // Its duration without what its children cover: where the time really went.
}

// Waterfall puts the spans of one trace in the order of a drawing: a parent before its children, siblings by their
// start. Whatever the spans are, each appears once; one whose parent is missing, or which is its own ancestor, stands
// as a root.
func Waterfall(spans []Finished) []Line {
	if len(spans) == 0 {
		return nil
	}
	spans = slices.Clone(spans)
	slices.SortStableFunc(spans, func(a, b Finished) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.SpanID, b.SpanID))
	})
	t := &tree{spans: spans, children: make(map[string][]int), placed: make([]bool, len(spans))}
	present := make(map[string]bool, len(spans))
	for _, s := range spans {
		present[s.SpanID] = true
	}
	var roots []int
	for i, s := range spans {
		if s.ParentID == s.SpanID || !present[s.ParentID] {
			roots = append(roots, i)
		} else {
			t.children[s.ParentID] = append(t.children[s.ParentID], i)
		}
	}
	for _, i := range roots {
		t.place(i, 0)
	}
	for i := range spans { // What no root reaches runs in a circle, which only a forged trace does.
		t.place(i, 0)
	}
	return t.lines
}

// tree is a waterfall being drawn.
type tree struct {
	spans    []Finished
	children map[string][]int // By span id; indices of spans, in order of their start.
	placed   []bool
	lines    []Line
}

func (t *tree) place(i, depth int) {
	if t.placed[i] {
		return
	}
	t.placed[i] = true
	s := t.spans[i]
	t.lines = append(t.lines, Line{
		Finished: s, Depth: depth, Offset: s.Start.Sub(t.spans[0].Start), Self: s.Duration - t.covered(i),
	})
	for _, child := range t.children[s.SpanID] {
		t.place(child, depth+1)
	}
}

// covered is how long at least one child of a span was under way while the span was. Children may overlap each other,
// and one that was started by an event may run on after its parent.
func (t *tree) covered(i int) time.Duration {
	s := t.spans[i]
	var covered time.Duration
	until := s.Start
	for _, child := range t.children[s.SpanID] {
		from, to := t.spans[child].Start, t.spans[child].end()
		if from.Before(until) {
			from = until
		}
		if to.After(s.end()) {
			to = s.end()
		}
		if to.After(from) {
			covered += to.Sub(from)
			until = to
		}
	}
	return covered
}
