package edge_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"farthing/pkg/edge"
	"farthing/pkg/edge/edgetest"
	"farthing/pkg/errs"
	"farthing/pkg/metrics"
	"farthing/pkg/trace"
)

// serveOne serves one service at "/x", for GET and POST, behind filters.
func serveOne(t testing.TB, svc edge.Service, filters ...edge.Filter) *edgetest.Door {
	t.Helper()
	router := &edge.Router{}
	router.GET("/x", svc)
	router.POST("/x", svc)
	return edgetest.Serve(t, edge.Handler(router, filters...))
}

func failing(err error) edge.Service {
	return func(edge.Request) edge.Response { return edge.Error(err) }
}

func TestEachErrorIsJSONInThePublicShape(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		body   string
	}{
		{errs.MissingParam("account_id"), 400, `{"code":"bad_request.missing_param.account_id",` +
			`"message":"The field 'account_id' is required","params":{"field":"account_id"},"retryable":{}}`},
		{fmt.Errorf("reading: %w", errs.Missing("account")), 404, `{"code":"not_found.account",` +
			`"message":"account not found","params":{},"retryable":{}}`},
		{errs.New("unauthorized.bad_access_token", "No such token"), 401, `{"code":"unauthorized.bad_access_token",` +
			`"message":"No such token","params":{},"retryable":{},` +
			`"error":"invalid_token","error_description":"No such token"}`},
		{errs.New(errs.Unavailable, "Try again"), 503, `{"code":"unavailable","message":"Try again","params":{},` +
			`"retryable":{"value":true}}`},
		{errors.New("secret: cassandra is down"), 500, `{"code":"internal_service",` +
			`"message":"Something went wrong","params":{},"retryable":{}}`},
		{errs.New("internal.weird", "secret").With("secret", "1"), 500, `{"code":"internal_service",` +
			`"message":"Something went wrong","params":{},"retryable":{}}`},
		{errs.New("made_up", "secret"), 500, `{"code":"internal_service",` +
			`"message":"Something went wrong","params":{},"retryable":{}}`},
		{context.DeadlineExceeded, 504, `{"code":"timeout.outcome_unknown",` +
			`"message":"The outcome is not known; repeat with the same id","params":{},"retryable":{}}`},
	} {
		rsp := serveOne(t, failing(c.err)).Get("/x")
		if rsp.Status != c.status || strings.TrimSpace(string(rsp.Body)) != c.body {
			t.Errorf("%v: got %d %s", c.err, rsp.Status, rsp.Body)
		}
		if got := rsp.Header.Get("Content-Type"); got != "application/json" {
			t.Errorf("%v: content type %q", c.err, got)
		}
	}
}

func TestErrorsHaveTheHeadersThatHTTPWants(t *testing.T) {
	limited := errs.New(errs.RateLimited, "Slow down").With(edge.RetryAfterParam, "7")
	if got := serveOne(t, failing(limited)).Get("/x").Header.Get("Retry-After"); got != "7" {
		t.Errorf("Retry-After is %q", got)
	}
	unknown := errs.New(errs.Unauthorized, "Who are you?")
	if got := serveOne(t, failing(unknown)).Get("/x").Header.Get("WWW-Authenticate"); !strings.HasPrefix(got, "Bearer") {
		t.Errorf("WWW-Authenticate is %q", got)
	}
}

func TestABodyThatCannotBeEncodedIsAnInternalErrorForAllFilters(t *testing.T) {
	var seen int
	watching := func(req edge.Request, svc edge.Service) edge.Response {
		rsp := svc(req)
		seen = rsp.Status()
		return rsp
	}
	impossible := func(edge.Request) edge.Response { return edge.OK(math.NaN()) }
	serveOne(t, impossible, watching).Get("/x").Refused(http.StatusInternalServerError, "internal_service")
	if seen != http.StatusInternalServerError {
		t.Fatalf("a filter saw status %d", seen)
	}
}

func TestAFilterMayAnswerByItself(t *testing.T) {
	answering := func(edge.Request, edge.Service) edge.Response {
		return edge.OK("from the filter").WithHeader("X-From", "filter")
	}
	var got string
	rsp := serveOne(t, failing(errs.Missing("account")), answering).Get("/x")
	rsp.Into(&got)
	if got != "from the filter" || rsp.Header.Get("X-From") != "filter" {
		t.Fatalf("got %q, %v", got, rsp.Header)
	}
}

// logbook keeps what is logged; the server writes while the test reads.
type logbook struct {
	mu   sync.Mutex // Guards text.
	text []byte
}

func (l *logbook) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, line...)
	return len(line), nil
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

// standard is a door as services make it, and what it logs.
func standard(t *testing.T, svc edge.Service, change func(*edge.Standard)) (*edgetest.Door, *logbook) {
	t.Helper()
	measured, err := metrics.NewHTTP(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	logged := &logbook{}
	recorder := trace.NewRecorder(trace.Limits{})
	s := edge.Standard{
		Log: slog.New(slog.NewTextHandler(logged, nil)), Tracer: recorder.Tracer("service.api"), Metrics: measured,
	}
	if change != nil {
		change(&s)
	}
	return serveOne(t, svc, s.Filters()...), logged
}

func TestAnInternalErrorShowsItsTraceAndOnlyTheLogItsCause(t *testing.T) {
	door, logged := standard(t, failing(errors.New("cassandra is down")), nil)
	rsp := door.Get("/x").Refused(http.StatusInternalServerError, "internal_service")
	id := rsp.Header.Get("Trace-Id")
	if len(id) != 32 || !strings.Contains(string(rsp.Body), `"trace_id":"`+id+`"`) {
		t.Errorf("trace %q is not in %s", id, rsp.Body)
	}
	if strings.Contains(string(rsp.Body), "cassandra") || !strings.Contains(logged.String(), "cassandra is down") {
		t.Errorf("answered %s, logged %s", rsp.Body, logged)
	}
}

func TestAPanicIsAnInternalErrorAndTheNextRequestIsServed(t *testing.T) {
	door, logged := standard(t, func(req edge.Request) edge.Response {
		if req.Form().String("boom") != "" {
			panic("a secret")
		}
		return edge.OK(nil)
	}, nil)
	rsp := door.Get("/x?boom=1").Refused(http.StatusInternalServerError, "internal_service")
	if strings.Contains(string(rsp.Body), "secret") || !strings.Contains(logged.String(), "errors_test.go") {
		t.Errorf("answered %s, logged %s", rsp.Body, logged)
	}
	door.Get("/x").Into(&struct{}{})
}

func TestWhatAClientDidWrongIsNotLogged(t *testing.T) {
	door, logged := standard(t, failing(errs.MissingParam("account_id")), nil)
	door.Get("/x").Refused(http.StatusBadRequest, "bad_request.missing_param.account_id")
	if logged.String() != "" {
		t.Fatalf("logged %s", logged)
	}
}

func TestAuthenticationPutsTheCallerThereAndUnknownPathsDoNotReachIt(t *testing.T) {
	type user struct{ id string }
	door, _ := standard(t, func(req edge.Request) edge.Response {
		caller, ok := edge.Caller[user](req)
		return edge.OK(map[string]any{"id": caller.id, "ok": ok})
	}, func(s *edge.Standard) {
		s.Auth = func(req edge.Request, svc edge.Service) edge.Response {
			if token, ok := req.Bearer(); ok && token == "tok" {
				return svc(req.WithCaller(user{"user_1"}))
			}
			return edge.Error(errs.New("unauthorized.bad_access_token", "No such token"))
		}
	})
	for _, stranger := range []*edgetest.Door{door, door.As("other"), door.With("Authorization", "tok")} {
		stranger.Get("/x").Refused(http.StatusUnauthorized, "unauthorized.bad_access_token")
		stranger.Get("/a").Refused(http.StatusNotFound, errs.NotFound)
	}
	var got struct{ ID string }
	door.With("Authorization", "bearer  tok").Get("/x").Into(&got)
	if got.ID != "user_1" {
		t.Fatalf("the caller is %q", got.ID)
	}
}

func TestADeadlineReachesTheService(t *testing.T) {
	door, _ := standard(t, func(req edge.Request) edge.Response {
		<-req.Context().Done()
		return edge.Error(req.Context().Err())
	}, func(s *edge.Standard) { s.Deadline = time.Millisecond })
	door.Get("/x").Refused(http.StatusGatewayTimeout, errs.OutcomeUnknown)
}

func TestAClientThatCannotReadJSONIsTold(t *testing.T) {
	door, _ := standard(t, func(edge.Request) edge.Response { return edge.OK(nil) }, nil)
	door.With("Accept", "text/html").Get("/x").Refused(http.StatusNotAcceptable, "bad_request.not_acceptable")
	for _, accept := range []string{"", "*/*", "application/json", "text/html, application/*;q=0.8", "Application/JSON"} {
		door.With("Accept", accept).Get("/x").Into(&struct{}{})
	}
}
