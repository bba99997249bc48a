package bank

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"farthing/cmd/farthing/federation"
	"farthing/cmd/farthing/supervisor"
	"farthing/pkg/foundation"
)

// adminHandler shows all processes of a fleet as one, and what only their supervisor knows.
func (r *runningFleet) adminHandler() http.Handler {
	own := prometheus.NewRegistry()
	own.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		restarts{r.processes},
	)
	mux := http.NewServeMux()
	mux.Handle("/", federation.New(federation.Options{
		Sources: r.sources, Own: own, Log: r.bank.options.Log,
	}))
	mux.HandleFunc("GET /processes", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"processes": r.processes.Processes()})
	})
	mux.HandleFunc("GET /subscriptions", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"subscriptions": r.subscriptions()})
	})
	mux.HandleFunc("GET "+foundation.ClockPath, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, foundation.TimeOf(r.bank.clock))
	})
	everywhere := func(ctx context.Context, ahead time.Duration) error { return federation.Await(ctx, r.sources(), ahead) }
	for pattern, operation := range r.bank.operations(everywhere) {
		mux.Handle(pattern, http.NewCrossOriginProtection().Handler(operation))
	}
	return mux
}

// PhonesPath is where the admin door shows what a phone shows, if that is Apple's fake.
const PhonesPath = "/development/phones/"

// operations are what the bank does on its admin door in any shape, beside what its services do:
//
//	POST /clock                          moves business time, as a ClockMove says
//	GET  /development/phones/{device}    what one phone shows, oldest first
func (b *Bank) operations(reached func(context.Context, time.Duration) error) map[string]http.Handler {
	operations := map[string]http.Handler{"POST " + foundation.ClockPath: b.moveClock(reached)}
	if b.Phones != nil {
		operations["GET "+PhonesPath+"{device}"] = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			answer(w, b.Phones.Shown(req.PathValue("device")))
		})
	}
	return operations
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body) // What fails here is the connection, and nobody is left to be told.
}

// sources are the admin doors of the processes. One that is down has none, and shows as such.
func (r *runningFleet) sources() []federation.Source {
	processes := r.processes.Processes()
	sources := make([]federation.Source, 0, len(processes))
	for _, p := range processes {
		source := federation.Source{Process: p.Name, Service: p.Service, Routes: p.Operations}
		if p.Admin != "" {
			source.Admin = "http://" + p.Admin
		}
		sources = append(sources, source)
	}
	return sources
}

// subscriptions are the names whose dead letters some process shows.
func (r *runningFleet) subscriptions() []string {
	names := make([]string, 0)
	for _, p := range r.processes.Processes() {
		for _, pattern := range p.Operations {
			if name, ok := strings.CutPrefix(pattern, "GET "+foundation.DeadLetterPath); ok {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// restarts counts for each process how often it was started again.
type restarts struct{ processes *supervisor.Supervisor }

// Describe is prometheus' own.
func (restarts) Describe(described chan<- *prometheus.Desc) { described <- restartsMetric() }

// Collect is prometheus' own.
func (r restarts) Collect(collected chan<- prometheus.Metric) {
	for _, p := range r.processes.Processes() {
		collected <- prometheus.MustNewConstMetric(
			restartsMetric(), prometheus.CounterValue, float64(p.Restarts), p.Name)
	}
}

func restartsMetric() *prometheus.Desc {
	return prometheus.NewDesc("process_restarts_total", "Times that a process ended and was started again.",
		[]string{"process"}, nil)
}
