package federation_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/trace"
)

// A process that hangs holds no page for longer than two seconds, however many do.
func TestAProcessThatHangsIsNotWaitedForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := trace.NewRecorder(trace.Limits{})
		ctx, span := trace.Start(t.Context(), r.Tracer("service.feed"), "item", trace.Server)
		span.End(nil)
		well := func(w http.ResponseWriter, req *http.Request) {
			if strings.HasPrefix(req.URL.Path, "/traces") {
				r.Handler().ServeHTTP(w, req)
				return
			}
			says("x 1\n")(w, req)
		}
		o := network{"one": nil, "two": nil, "well": well}.over("one", "well", "two")
		for path, c := range map[string]struct {
			code int
			says string
			most time.Duration
		}{
			"/metrics":                 {http.StatusOK, `x{process="well"} 1`, 2 * time.Second},
			"/readyz":                  {http.StatusServiceUnavailable, "two is not ready", 2 * time.Second},
			"/traces/" + trace.ID(ctx): {http.StatusOK, `"item"`, 2 * time.Second},
			"/traces":                  {http.StatusOK, `"spans":1`, 4 * time.Second}, // It asks twice.
			"/healthz":                 {http.StatusOK, "ok", 0},
		} {
			watch := clock.Start()
			rsp := get(t, o, path)
			if rsp.Code != c.code || !strings.Contains(rsp.Body.String(), c.says) || watch.Elapsed() > c.most {
				t.Errorf("%s: got %d %s after %v", path, rsp.Code, rsp.Body, watch.Elapsed())
			}
		}
	})
}
