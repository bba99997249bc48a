package federation

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// serveReady tells whether all processes would take requests.
func (f *federation) serveReady(sources []Source, w http.ResponseWriter, req *http.Request) {
	answers := askAll(req.Context(), sources, func(ctx context.Context, s Source) (struct{}, error) {
		return struct{}{}, f.get(ctx, s, "/readyz", func(*http.Response) error { return nil })
	})
	var not strings.Builder
	for _, a := range answers {
		if a.err != nil {
			fmt.Fprintf(&not, "%s is not ready: %v\n", a.source.Process, a.err)
		}
	}
	if not.Len() > 0 {
		http.Error(w, strings.TrimSuffix(not.String(), "\n"), http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ready\n"))
}
