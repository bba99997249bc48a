package federation_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"farthing/cmd/farthing/federation"
	"farthing/pkg/foundation"
)

func TestTheBankIsReadyWhenEveryProcessIs(t *testing.T) {
	cards, _ := process(t, "service.cards", func(*foundation.Env) error { return nil })
	feed, _ := process(t, "service.feed", func(*foundation.Env) error { return nil })
	if rsp := get(t, over(cards, feed), "/readyz"); rsp.Code != http.StatusOK || rsp.Body.String() != "ready\n" {
		t.Errorf("got %d %s", rsp.Code, rsp.Body)
	}
	ill := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "not ready", http.StatusServiceUnavailable)
	}))
	defer ill.Close()
	rsp := get(t, over(cards, federation.Source{Process: "service.apns"}, feed,
		federation.Source{Process: "service.cards-2", Admin: ill.URL}), "/readyz")
	want := "service.apns is not ready: it does not run\nservice.cards-2 is not ready: it answered 503\n"
	if rsp.Code != http.StatusServiceUnavailable || rsp.Body.String() != want {
		t.Errorf("got %d %s, want %s", rsp.Code, rsp.Body, want)
	}
}

func TestASupervisorWhoseProcessesAreGoneLives(t *testing.T) {
	if rsp := get(t, network{}.over("gone"), "/healthz"); rsp.Code != http.StatusOK || rsp.Body.String() != "ok\n" {
		t.Errorf("got %d %s", rsp.Code, rsp.Body)
	}
}

// operated is a process with an operation that says who was asked what.
func operated(t *testing.T, name, pattern string) federation.Source {
	t.Helper()
	source, _ := process(t, name, func(env *foundation.Env) error {
		env.Operate(pattern, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			body, _ := io.ReadAll(req.Body)
			w.WriteHeader(http.StatusCreated)
			_, _ = w.Write([]byte(name + " " + req.URL.RequestURI() + " " + string(body)))
		}))
		return nil
	})
	source.Routes = []string{pattern}
	return source
}

func TestAnOperationIsPassedOnToTheFirstProcessThatHasItAndRuns(t *testing.T) {
	const letters = "POST /deadletters/feed/{id}/replay"
	idle, _ := process(t, "service.cards", func(*foundation.Env) error { return nil })
	o := over(
		idle, federation.Source{Process: "service.feed", Routes: []string{letters}},
		operated(t, "service.feed-2", letters), operated(t, "service.feed-3", letters),
		operated(t, "service.development", "POST /development/customers"),
	)
	for path, want := range map[string]string{
		"/development/customers?count=3": "201 service.development /development/customers?count=3 body",
		"/deadletters/feed/a%2Fb/replay": "201 service.feed-2 /deadletters/feed/a%2Fb/replay body",
		"/deadletters/feed/a/b":          "404 404 page not found",
		"/metrics":                       "405 Method Not Allowed",
	} {
		rsp := send(t, o, httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader("body")))
		if got := fmt.Sprint(rsp.Code, " ", strings.TrimSpace(rsp.Body.String())); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
	if rsp := get(t, o, "/development/customers"); rsp.Code != http.StatusMethodNotAllowed {
		t.Errorf("the wrong method got %d", rsp.Code)
	}
}

func TestARouteThatCannotBeHadIsSpokenOfOnceAndSpoilsNoOther(t *testing.T) {
	var log lines
	source := operated(t, "service.feed", "POST /replay")
	source.Routes = append([]string{"GET /metrics", "nonsense", "GET /{"}, source.Routes...)
	o := over(source)
	o.Log = slog.New(slog.NewTextHandler(&log, nil))
	door := federation.New(o)
	for range 3 {
		rsp := httptest.NewRecorder()
		door.ServeHTTP(rsp, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/replay", http.NoBody))
		if rsp.Code != http.StatusCreated {
			t.Errorf("got %d %s", rsp.Code, rsp.Body)
		}
	}
	if n := strings.Count(log.text.String(), "an operation cannot be passed on"); n != 3 {
		t.Errorf("3 routes were spoken of %d times: %s", n, log.text.String())
	}
}

func TestWhoWasNeverReachedDidNothingAndWhoBrokeOffMayHave(t *testing.T) {
	breaksOff := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		panic(http.ErrAbortHandler)
	}))
	defer breaksOff.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for want, admin := range map[string]string{
		`{"code":"unavailable","message":"service.feed cannot be reached"}`:          gone.URL,
		`{"code":"timeout.outcome_unknown","message":"service.feed did not answer"}`: breaksOff.URL,
	} {
		o := over(federation.Source{Process: "service.feed", Admin: admin, Routes: []string{"POST /replay"}})
		rsp := send(t, o, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/replay", strings.NewReader("{}")))
		if got := strings.TrimSpace(rsp.Body.String()); got != want || rsp.Code < 500 {
			t.Errorf("got %d %s, want %s", rsp.Code, got, want)
		}
	}
}

func TestAWebPageFromElsewhereChangesNothing(t *testing.T) {
	o := over(operated(t, "service.feed", "POST /replay"))
	for origin, want := range map[string]int{
		"https://elsewhere.example": http.StatusForbidden, "http://bank.example": http.StatusCreated, "": http.StatusCreated,
	} {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://bank.example/replay", http.NoBody)
		if origin != "" {
			req.Header.Set("Origin", origin)
		}
		if rsp := send(t, o, req); rsp.Code != want {
			t.Errorf("from %q: got %d, want %d", origin, rsp.Code, want)
		}
	}
}

func TestProfilesAreTheSupervisorsUnlessAProcessIsNamed(t *testing.T) {
	n := network{"service.feed": func(w http.ResponseWriter, req *http.Request) {
		_, _ = w.Write([]byte("feed " + req.URL.Path))
	}}
	o := n.over("service.feed")
	if got := get(t, o, "/debug/pprof/heap?process=service.feed").Body.String(); got != "feed /debug/pprof/heap" {
		t.Errorf("got %s", got)
	}
	if got := get(t, o, "/debug/pprof/goroutine?debug=1").Body.String(); !strings.Contains(got, "profile: total") {
		t.Errorf("got %s", got)
	}
	if rsp := get(t, o, "/debug/pprof/heap?process=service.nobody"); rsp.Code != http.StatusNotFound {
		t.Errorf("of nobody: got %d %s", rsp.Code, rsp.Body)
	}
}
