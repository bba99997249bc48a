package federation

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"farthing/pkg/trace"
)

func (f *federation) serveTraces(sources []Source, w http.ResponseWriter, req *http.Request) {
	trace.Handler(&reader{f, req.Context(), sources}).ServeHTTP(w, req)
}

// reader reads the recorders of all processes as one, for the length of one request. All their clocks are this
// machine's, so spans are put in order as they are.
type reader struct {
	*federation

	ctx     context.Context
	sources []Source
}

// Trace is as a Recorder's.
func (r *reader) Trace(id string) []trace.Finished {
	var spans []trace.Finished
	for _, found := range fetch[trace.Found](r, "/traces/"+url.PathEscape(id)) {
		spans = append(spans, found.Spans...)
	}
	slices.SortStableFunc(spans, func(a, b trace.Finished) int { return a.Start.Compare(b.Start) })
	return spans
}

// Recent is as a Recorder's: the traces in which something happened last, in order of their start.
func (r *reader) Recent(limit int) []trace.Summary { return r.newest(url.Values{}, limit) }

// Find is as a Recorder's.
func (r *reader) Find(key, value string, limit int) []trace.Summary {
	return r.newest(url.Values{key: {value}}, limit)
}

// newest asks twice: a process knows of a trace that others have a part in, but not of that part.
func (r *reader) newest(query url.Values, limit int) []trace.Summary {
	query.Set("limit", strconv.Itoa(limit))
	candidates := r.listed(query)
	slices.SortFunc(candidates, func(a, b trace.Summary) int { return endOf(b).Compare(endOf(a)) })
	ids := make([]string, min(limit, len(candidates)))
	for i := range ids {
		ids[i] = candidates[i].TraceID
	}
	found := r.Summaries(ids)
	slices.SortFunc(found, func(a, b trace.Summary) int {
		return cmp.Or(b.Start.Compare(a.Start), cmp.Compare(a.TraceID, b.TraceID))
	})
	return found
}

// Summaries is as a Recorder's.
func (r *reader) Summaries(ids []string) []trace.Summary {
	summaries := make([]trace.Summary, 0, len(ids))
	if len(ids) == 0 {
		return summaries
	}
	known := make(map[string]trace.Summary, len(ids))
	for _, s := range r.listed(url.Values{trace.IDParam: ids}) {
		known[s.TraceID] = s
	}
	for _, id := range ids {
		if s, ok := known[id]; ok {
			summaries = append(summaries, s)
		}
	}
	return summaries
}

// listed is the traces that any process answers, each summarised over those that do.
func (r *reader) listed(query url.Values) []trace.Summary {
	var order []string
	parts := make(map[string]trace.Summary)
	for _, list := range fetch[trace.Listed](r, "/traces?"+query.Encode()) {
		for _, s := range list.Traces {
			part, known := parts[s.TraceID]
			if known {
				s = together(part, s)
			} else {
				order = append(order, s.TraceID)
			}
			parts[s.TraceID] = s
		}
	}
	summaries := make([]trace.Summary, len(order))
	for i, id := range order {
		summaries[i] = parts[id]
	}
	return summaries
}

// together summarises a trace of which two processes each know a part.
func together(a, b trace.Summary) trace.Summary {
	if b.Start.Before(a.Start) {
		a, b = b, a
	}
	if end := endOf(b); end.After(endOf(a)) {
		a.Duration = end.Sub(a.Start)
	}
	a.Spans += b.Spans
	return a
}

func endOf(s trace.Summary) time.Time { return s.Start.Add(s.Duration) }

// fetch is what the processes answer to one question about traces. 404 is an answer too: none.
func fetch[T any](r *reader, path string) []T {
	answers := askAll(r.ctx, r.sources, func(ctx context.Context, s Source) (value T, err error) {
		err = r.get(ctx, s, path, func(rsp *http.Response) error { return json.NewDecoder(rsp.Body).Decode(&value) })
		return value, err
	})
	var found []T
	var silent []string
	for _, a := range answers {
		switch {
		case a.err == nil:
			found = append(found, a.value)
		case !errors.Is(a.err, statusError(http.StatusNotFound)):
			silent = append(silent, a.source.Process+": "+a.err.Error())
		}
	}
	if len(silent) > 0 {
		r.Log.WarnContext(r.ctx, "some processes did not tell of their traces", "reasons", silent)
	}
	return found
}
