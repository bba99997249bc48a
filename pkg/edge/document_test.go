package edge_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"farthing/pkg/edge"
	"farthing/pkg/edge/edgetest"
	"farthing/pkg/errs"
)

const page = "<!doctype html><title>é</title>"

// shown serves a response at the root, for browsers.
func shown(t *testing.T, rsp edge.Response, log *slog.Logger) *edgetest.Door {
	t.Helper()
	router := &edge.Router{}
	router.GET("/", func(edge.Request) edge.Response { return rsp })
	return edgetest.Serve(t, edge.Handler(router, edge.Standard{Log: log, Documents: true}.Filters()...))
}

func TestADocumentIsAnsweredAsItIs(t *testing.T) {
	door := shown(t, edge.Document("text/html; charset=utf-8", []byte(page)), nil)
	for range 2 { // A document may be kept and answered again.
		rsp := door.With("Accept", "text/html").Get("/")
		if rsp.Status != http.StatusOK || string(rsp.Body) != page {
			t.Fatalf("got %d %q", rsp.Status, rsp.Body)
		}
		for name, want := range map[string]string{
			"Content-Type": "text/html; charset=utf-8", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
		} {
			if got := rsp.Header.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
	}
}

func TestAnEmptyDocumentIsEmpty(t *testing.T) {
	if rsp := shown(t, edge.Document("text/css", nil), nil).Get("/"); len(rsp.Body) != 0 {
		t.Errorf("got %q", rsp.Body)
	}
}

func TestARedirectSendsElsewhere(t *testing.T) {
	sent := edge.Redirect("https://app.example/cb?code=x").WithHeader("Referrer-Policy", "no-referrer")
	rsp := shown(t, sent, nil).Get("/")
	if rsp.Status != http.StatusFound || rsp.Header.Get("Location") != "https://app.example/cb?code=x" {
		t.Fatalf("got %d %v", rsp.Status, rsp.Header)
	}
	if rsp.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Error("its headers are gone")
	}
}

func TestAnErrorThatIsShownIsStillOne(t *testing.T) {
	var logged bytes.Buffer
	failed := edge.Error(errors.New("the disk is full")).Shown("text/html", []byte(page))
	rsp := shown(t, failed, slog.New(slog.NewTextHandler(&logged, nil))).Get("/")
	if rsp.Status != http.StatusInternalServerError || string(rsp.Body) != page {
		t.Errorf("got %d %q", rsp.Status, rsp.Body)
	}
	if !strings.Contains(logged.String(), "the disk is full") {
		t.Errorf("logged is %q", logged.String())
	}
	limited := edge.Error(errs.New(errs.RateLimited, "Later").With(edge.RetryAfterParam, "7")).Shown("text/html", nil)
	rsp = shown(t, limited, nil).Get("/")
	if rsp.Status != http.StatusTooManyRequests || rsp.Header.Get("Retry-After") != "7" {
		t.Errorf("got %d %v", rsp.Status, rsp.Header)
	}
}

func TestWhatIsNotShownIsJSONForBrowsersToo(t *testing.T) {
	door := shown(t, edge.OK(nil), nil).With("Accept", "text/html")
	if rsp := door.Get("/"); string(rsp.Body) != "{}\n" || rsp.Header.Get("Content-Type") != "application/json" {
		t.Errorf("got %q", rsp.Body)
	}
	door.Get("/x").Refused(http.StatusNotFound, errs.NotFound)
}

func TestAnErrorMaySayWhatOAuthCallsIt(t *testing.T) {
	refusal := edge.Error(errs.New("bad_request.refresh_token.evicted", "It is over")).AsOAuth("invalid_grant")
	rsp := shown(t, refusal, nil).Get("/").Refused(http.StatusBadRequest, "bad_request.refresh_token.evicted")
	want := `{"code":"bad_request.refresh_token.evicted","message":"It is over","params":{},"retryable":{},` +
		`"error":"invalid_grant","error_description":"It is over"}` + "\n"
	if string(rsp.Body) != want {
		t.Errorf("got %s", rsp.Body)
	}
	stranger := edge.Error(errs.New("unauthorized.bad_client_credentials", "Who are you?")).AsOAuth("invalid_client")
	rsp = shown(t, stranger, nil).Get("/").Refused(http.StatusUnauthorized, "unauthorized.bad_client_credentials")
	if got := rsp.Header.Get("WWW-Authenticate"); got != `Basic realm="farthing"` {
		t.Errorf("it is asked for %q", got)
	}
}

func TestACookieIsRead(t *testing.T) {
	router := &edge.Router{}
	router.GET("/", func(req edge.Request) edge.Response { return edge.OK(req.Cookie("b") + "." + req.Cookie("x")) })
	door := edgetest.Serve(t, edge.Handler(router)).With("Cookie", `a=1; b=two; B=3`)
	if rsp := door.Get("/"); string(rsp.Body) != `"two."`+"\n" {
		t.Errorf("got %s", rsp.Body)
	}
}
