package edge

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/metrics"
	"farthing/pkg/trace"
)

// Standard is what the filters of a door are made of. Every field may be left out.
type Standard struct {
	Log       *slog.Logger
	Tracer    *trace.Tracer
	Metrics   *metrics.HTTP
	Admit     []Filter      // Turn away who comes too often or too late, before anybody asks who it is.
	Auth      Filter        // Puts the caller into the request, or refuses it. Unknown paths do not reach it.
	RateLimit Filter        // Refuses with rate_limited, and RetryAfterParam.
	Deadline  time.Duration // Of the whole request; 0 is none.
	BodyLimit int64         // Bytes, before and after inflation; 0 is BodyBytesMax.
	Repeats   Filter        // Answers a repeat as the first was.
	Documents bool          // The door is for browsers: nobody is asked whether they read JSON.
	// Files are routes that carry files, "/attachment/file/:token", with limits of their own in the place of those above.
	// Nobody is asked there whether they read JSON.
	Files map[string]Limits
}

// Limits are those of a route that carries files.
type Limits struct {
	Deadline  time.Duration // Of the whole request, and of its connection.
	BodyLimit int64         // Bytes, before and after inflation.
}

// Filters is the one order that all doors share, outermost first: trace, metrics, log, recover, deadline, admit, auth,
// rate limit, body limit, repeats. A panic is an error before anything is counted, logged or traced.
func (s Standard) Filters() []Filter {
	filters := []Filter{Trace(s.Tracer)}
	if s.Metrics != nil {
		filters = append(filters, Metrics(s.Metrics))
	}
	if s.Log != nil {
		filters = append(filters, Log(s.Log))
	}
	filters = append(filters, Recover)
	if s.Deadline > 0 {
		filters = append(filters, s.unlessFile(Deadline(s.Deadline), func(l Limits) Filter { return patient(l.Deadline) }))
	}
	filters = append(filters, s.Admit...)
	if !s.Documents {
		filters = append(filters, s.unlessFile(Acceptable, func(Limits) Filter { return through }))
	}
	if s.Auth != nil {
		filters = append(filters, routed(s.Auth))
	}
	if s.RateLimit != nil {
		filters = append(filters, s.RateLimit)
	}
	filters = append(filters, s.unlessFile(BodyLimit(cmp.Or(s.BodyLimit, BodyBytesMax)), func(l Limits) Filter {
		return BodyLimit(l.BodyLimit)
	}))
	if s.Repeats != nil { // A file is its own key, and is not read as a whole.
		filters = append(filters, s.unlessFile(s.Repeats, func(Limits) Filter { return through }))
	}
	return filters
}

// unlessFile is a filter, and for routes that carry files another in its place.
func (s Standard) unlessFile(usual Filter, forFile func(Limits) Filter) Filter {
	if len(s.Files) == 0 {
		return usual
	}
	files := make(map[string]Filter, len(s.Files))
	for route, limits := range s.Files {
		files[route] = forFile(limits)
	}
	return func(req Request, svc Service) Response {
		if f, ok := files[req.Route()]; ok {
			return f(req, svc)
		}
		return usual(req, svc)
	}
}

func through(req Request, svc Service) Response { return svc(req) }

// routed lets a filter see only requests that have a route: which paths exist is no secret, and a client that
// mistypes one is told so.
func routed(f Filter) Filter {
	return func(req Request, svc Service) Response {
		if req.Route() == "" {
			return svc(req)
		}
		return f(req, svc)
	}
}

// Trace begins a trace for each request; a nil tracer traces nothing. What a stranger says of traces is not believed.
// The trace's id is in the header Trace-Id of every answer.
func Trace(tracer *trace.Tracer) Filter {
	return func(req Request, svc Service) Response {
		ctx, span := trace.Start(req.Context(), tracer, req.x.route.name, trace.Server)
		req.x.traceID = trace.ID(ctx)
		rsp := svc(req.WithContext(ctx))
		span.End(rsp.Err)
		return rsp
	}
}

// Metrics counts and times requests by route as declared, method and status. Paths that match no route are one.
func Metrics(measured *metrics.HTTP) Filter {
	var routes sync.Map // From *route to *metrics.Route: resolving labels costs more than the rest of a request.
	return func(req Request, svc Service) Response {
		watch := clock.Start()
		rsp := svc(req)
		known, ok := routes.Load(req.x.route)
		if !ok {
			known, _ = routes.LoadOrStore(req.x.route, measured.Route(req.x.route.labels()))
		}
		if route, ok := known.(*metrics.Route); ok {
			route.Observe(watch.Elapsed(), rsp.Status())
		}
		return rsp
	}
}

// Log writes down failures that are ours, with their cause: what a client did wrong is the client's to read. An
// internal error is for somebody to look at; the rest, such as a peer that is down or a client that went away, passes.
func Log(log *slog.Logger) Filter {
	return func(req Request, svc Service) Response {
		rsp := svc(req)
		if rsp.Err == nil || rsp.Status() < http.StatusInternalServerError {
			return rsp
		}
		level, coded := slog.LevelError, errs.Of(rsp.Err)
		if class := coded.Class(); class == errs.Unavailable || class == errs.Timeout {
			level = slog.LevelWarn
		}
		log.Log(req.Context(), level, "request failed", "route", req.x.route.name, "trace_id", req.x.traceID,
			"code", coded.Code, "error", trace.Safe(rsp.Err.Error()))
		return rsp
	}
}

// Recover turns a panic into an internal error with its stack, so that one bad request cannot end the process.
func Recover(req Request, svc Service) (rsp Response) {
	defer func() {
		switch cause := recover(); cause {
		case nil:
		case http.ErrAbortHandler: // net/http's own signal, not a failure.
			panic(cause)
		default:
			rsp = Error(fmt.Errorf("panic: %v\n%s", cause, debug.Stack()))
		}
	}()
	return svc(req)
}

// Deadline ends a request's context after d of real time, and the wait for its body.
func Deadline(d time.Duration) Filter {
	return func(req Request, svc Service) Response {
		ctx, cancel := context.WithTimeout(req.Context(), d)
		defer cancel()
		if req.x.http.ContentLength != 0 { // Who waits for a body waits for the connection, which knows no context.
			connection := http.NewResponseController(req.x.writer)
			_ = connection.SetReadDeadline(clock.Real{}.Now().Add(d)) // A test has none.
		}
		return svc(req.WithContext(ctx))
	}
}

// patient is Deadline for longer than NewServer gives a connection.
func patient(d time.Duration) Filter {
	within := Deadline(d)
	return func(req Request, svc Service) Response {
		connection, until := http.NewResponseController(req.x.writer), clock.Real{}.Now().Add(d)
		_ = connection.SetReadDeadline(until) // Where there is no connection nothing ends it.
		_ = connection.SetWriteDeadline(until)
		return within(req, svc)
	}
}

// Acceptable refuses a client that says it cannot read JSON, with 406. Who reads events reads JSON: their data are.
func Acceptable(req Request, svc Service) Response {
	accepted := req.x.http.Header["Accept"]
	if len(accepted) == 0 || slices.ContainsFunc(accepted, readsJSON) {
		return svc(req)
	}
	rsp := Error(errs.New(errs.BadRequest+".not_acceptable", "Every answer is application/json"))
	rsp.status = http.StatusNotAcceptable
	return rsp
}

func readsJSON(accept string) bool {
	accept = strings.ToLower(accept)
	return accept == "" || strings.Contains(accept, "json") || strings.Contains(accept, "text/event-stream") ||
		strings.Contains(accept, "*/*") || strings.Contains(accept, "application/*")
}
