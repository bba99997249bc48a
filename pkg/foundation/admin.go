package foundation

import (
	"encoding/json"
	"net/http"
	"net/http/pprof"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"farthing/pkg/errs"
)

// progress is how far a process has come. The zero value is a process that starts.
type progress struct{ stage atomic.Int32 }

const (
	ready    = int32(1) // Calls and workers run.
	open     = int32(2) // Doors too.
	draining = int32(3)
)

func (p *progress) set(stage int32) { p.stage.Store(stage) }

// adminHandler is the operator's door: metrics, health, traces, profiles. It listens on loopback unless told
// otherwise, and asks nobody who they are.
func (p *Process) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(p.options.Registry, promhttp.HandlerOpts{Registry: p.options.Registry}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", p.readyz)
	mux.Handle("GET /traces", p.options.Recorder.Handler())
	mux.Handle("GET /traces/{trace_id}", p.options.Recorder.Handler())
	mux.HandleFunc("GET /subscriptions", p.serveSubscriptions)
	mux.HandleFunc("GET /processes", p.serveProcesses)
	mux.HandleFunc("GET "+ClockPath, p.serveTime)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	for pattern, handler := range p.operations {
		mux.Handle(pattern, handler)
	}
	for pattern, handler := range p.options.Operations {
		mux.Handle(pattern, handler)
	}
	// A web page that an operator has open must not be able to change anything here.
	return http.NewCrossOriginProtection().Handler(mux)
}

// readyz tells a load balancer whether to send requests here.
func (p *Process) readyz(w http.ResponseWriter, _ *http.Request) {
	if p.inProgress.stage.Load() != open {
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ready\n"))
}

// Reply answers an operator JSON: the body, or what is wrong.
func Reply(w http.ResponseWriter, body any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		coded := errs.Of(err)
		w.WriteHeader(coded.HTTPStatus())
		body = map[string]string{"code": coded.Code, "message": coded.Message}
	}
	_ = json.NewEncoder(w).Encode(body) // What fails here is the connection, and nobody is left to be told.
}
