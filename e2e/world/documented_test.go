package world

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// noted is a test that fails quietly.
type noted struct {
	testing.TB
	failed bool
}

func (n *noted) Errorf(string, ...any) { n.failed = true }

func TestAnAnswerThatTheDocumentDoesNotHaveFailsWhateverTestAsksForIt(t *testing.T) {
	for body, wrong := range map[string]bool{`{"ping":"pong"}`: false, `{"ping":"pong","more":true}`: true} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for name, value := range map[string]string{
				"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
				"Trace-Id": strings.Repeat("0", 32),
			} {
				w.Header().Set(name, value)
			}
			_, _ = io.WriteString(w, body)
		}))
		for _, public := range []bool{true, false} {
			test, to := &noted{TB: t}, &http.Transport{}
			client := &http.Client{Transport: Documented(test, to, func(string) bool { return public })}
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/ping", nil)
			if err != nil {
				t.Fatal(err)
			}
			rsp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			read, err := io.ReadAll(rsp.Body)
			_ = rsp.Body.Close()
			if err != nil || string(read) != body {
				t.Errorf("the test reads %s, %v", read, err)
			}
			if test.failed != (wrong && public) {
				t.Errorf("%s of the public door %v: failed %v", body, public, test.failed)
			}
			to.CloseIdleConnections()
		}
		server.Close()
	}
}
