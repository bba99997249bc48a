package trace

import (
	"encoding/hex"
	"slices"
	"time"
)

// Finished is a recorded span as it is shown and sent to others.
type Finished struct {
	TraceID    string            `json:"trace_id"`
	SpanID     string            `json:"span_id"`
	ParentID   string            `json:"parent_id,omitempty"` // "" for the first of a trace.
	Service    string            `json:"service"`
	Name       string            `json:"name"`
	Kind       Kind              `json:"kind"`
	Start      time.Time         `json:"start"`
	Duration   time.Duration     `json:"duration_ns"`
	Status     string            `json:"status"` // "ok", or the class of a coded error.
	Attributes map[string]string `json:"attributes,omitempty"`
}

// Summary is what a list of traces says of each.
type Summary struct {
	TraceID  string        `json:"trace_id"`
	Service  string        `json:"service"` // Of the trace's first span, as its name and status.
	Name     string        `json:"name"`
	Status   string        `json:"status"`
	Start    time.Time     `json:"start"`
	Duration time.Duration `json:"duration_ns"` // From the start of its first span to the end of its last.
	Spans    int           `json:"spans"`
}

// Trace is the spans of a trace that are still kept, in order of their start; none for an unknown id.
func (r *Recorder) Trace(id string) []Finished {
	want, ok := idOf(id)
	if !ok {
		return nil
	}
	return r.finish(r.collect(func(s *record) bool { return s.link.trace == want }))
}

func idOf(text string) (traceID, bool) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(traceID{}) {
		return traceID{}, false
	}
	return traceID(raw), true
}

// Recent is the newest traces, newest first, at most limit of them.
func (r *Recorder) Recent(limit int) []Summary {
	return r.summaries(limit, func(*record) bool { return true })
}

// Find is the newest traces with a span that carries the attribute, newest first, at most limit of them.
func (r *Recorder) Find(key, value string, limit int) []Summary {
	want := Attribute{key, value}
	return r.summaries(limit, func(s *record) bool { return s.has(want) })
}

// Summaries is those of these traces that are still kept, in the order of the ids.
func (r *Recorder) Summaries(ids []string) []Summary {
	var order []traceID
	for _, text := range ids {
		if id, ok := idOf(text); ok {
			order = append(order, id)
		}
	}
	return r.whole(order)
}

// summaries picks the traces of the newest spans that match, then reads those traces whole.
func (r *Recorder) summaries(limit int, matches func(*record) bool) []Summary {
	var order []traceID
	known := make(map[traceID]bool)
	for _, s := range slices.Backward(r.collect(matches)) {
		if !known[s.link.trace] && len(order) < limit {
			known[s.link.trace] = true
			order = append(order, s.link.trace)
		}
	}
	return r.whole(order)
}

// whole summarises traces, in this order.
func (r *Recorder) whole(order []traceID) []Summary {
	spans := make(map[traceID][]record, len(order))
	for _, id := range order {
		spans[id] = nil
	}
	r.each(func(s *record) {
		if _, wanted := spans[s.link.trace]; wanted {
			spans[s.link.trace] = append(spans[s.link.trace], *s)
		}
	})
	summaries := make([]Summary, 0, len(order))
	for _, id := range order {
		if kept := r.finish(spans[id]); len(kept) > 0 { // It may have been forgotten meanwhile.
			summaries = append(summaries, summarise(kept))
		}
	}
	return summaries
}

// summarise expects spans in order of their start.
func summarise(spans []Finished) Summary {
	first := spans[0]
	end := first.end()
	for _, s := range spans {
		if s.end().After(end) {
			end = s.end()
		}
	}
	return Summary{
		TraceID: first.TraceID, Service: first.Service, Name: first.Name, Status: first.Status,
		Start: first.Start, Duration: end.Sub(first.Start), Spans: len(spans),
	}
}

func (s Finished) end() time.Time { return s.Start.Add(s.Duration) }

// finish makes records fit to show, in order of their start.
func (r *Recorder) finish(records []record) []Finished {
	slices.SortStableFunc(records, func(a, b record) int { return int(a.started - b.started) })
	finished := make([]Finished, len(records))
	for i := range records {
		s := &records[i]
		finished[i] = Finished{
			TraceID: s.link.trace.String(), SpanID: s.link.span.String(), ParentID: s.parent.String(),
			Service: s.service, Name: s.name, Kind: s.kind,
			Start: r.began.Add(s.started), Duration: s.took, Status: s.status, Attributes: asMap(s.attributes),
		}
	}
	return finished
}

func asMap(attributes []Attribute) map[string]string {
	if len(attributes) == 0 {
		return nil
	}
	m := make(map[string]string, len(attributes))
	for _, a := range attributes {
		m[a.Key] = a.Value
	}
	return m
}
