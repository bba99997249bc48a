// Package federation is the admin door of a supervisor: it shows the processes that it runs, each with an admin door of
// its own, as if they were one.
package federation

import (
	"log/slog"
	"net/http"
	"net/http/pprof"

	"github.com/prometheus/client_golang/prometheus"
)

// Source is one process's admin door.
type Source struct {
	Process string // "service.balance", or "service.balance-2" for a second replica.
	Service string // "service.balance".
	Admin   string // Base URL, "http://127.0.0.1:41234"; "" while it does not run.
	// Routes are the patterns, as of an http.ServeMux, of the operations that it serves: "POST /development/customers".
	Routes []string
}

// Options are whose doors are shown.
type Options struct {
	// Sources answers the processes as they are now. It is asked anew for each request, by several at once.
	Sources func() []Source
	Own     prometheus.Gatherer // The supervisor's own metrics, or nil.
	Client  *http.Client        // Nil stands for one that gives up after 2 s and knows no proxy.
	Log     *slog.Logger
}

// supervisor is the name of the process that this door belongs to.
const supervisor = "supervisor"

// New is the handler of the door:
//
//	GET /metrics              those of all processes, told apart by the label "process"; ?name[]=… picks families
//	GET /traces, /traces/ID   as pkg/trace has them, with the spans of all processes
//	GET /healthz              200 while the supervisor lives
//	GET /readyz               200 if every process is ready; else 503, with a line for each that is not
//	GET /debug/pprof/…        the supervisor's own, or those of ?process=NAME
//
// and the operations of the processes. A process that does not answer is left out, and does not fail the others.
func New(o Options) http.Handler {
	f := &federation{Options: o, client: o.Client}
	if f.client == nil {
		f.client = newClient()
	}
	// A web page that an operator has open must not be able to change anything here.
	return http.NewCrossOriginProtection().Handler(f)
}

// federation is the door.
type federation struct {
	Options

	client *http.Client
	told   patterns // Routes that were complained about.
}

// ServeHTTP finds the route anew for each request, for the processes' operations come and go with them.
func (f *federation) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	sources := f.Sources()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, req *http.Request) { f.serveMetrics(sources, w, req) })
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, req *http.Request) { f.serveReady(sources, w, req) })
	traces := func(w http.ResponseWriter, req *http.Request) { f.serveTraces(sources, w, req) }
	mux.HandleFunc("GET /traces", traces)
	mux.HandleFunc("GET /traces/{trace_id}", traces)
	mux.Handle("GET /debug/pprof/", f.profiles(sources, pprof.Index))
	mux.Handle("GET /debug/pprof/profile", f.profiles(sources, pprof.Profile))
	mux.Handle("GET /debug/pprof/symbol", f.profiles(sources, pprof.Symbol))
	mux.Handle("GET /debug/pprof/trace", f.profiles(sources, pprof.Trace))
	f.operate(mux, sources)
	mux.ServeHTTP(w, req)
}
