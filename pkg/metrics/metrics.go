// Package metrics counts and times what is asked of a service: rate, errors and duration of each RPC and each route.
//
// The caller passes a registry that is labelled with the service, prometheus.WrapRegistererWith(Labels{"service": …}),
// so that several services can share a process. Making the same family twice on one registry answers the first again.
// Labels never hold ids.
package metrics

import (
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"farthing/pkg/errs"
)

// OK is the code label of what went well; of all else it is the class of the coded error.
const OK = "ok"

// classes are all values of the code label.
var classes = []string{
	OK, errs.BadRequest, errs.Unauthorized, errs.Forbidden, errs.NotFound, errs.Conflict, errs.PreconditionFailed,
	errs.RateLimited, errs.Timeout, errs.Unavailable, errs.Internal,
}

// buckets reach from a call within the process to the longest that a card network waits, in seconds.
func buckets() []float64 {
	return []float64{
		.00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2,
	}
}

// RPC is the metrics of a service's RPCs: rpc_requests_total{method,code} and rpc_duration_seconds{method}, or the
// same after rpc_client_ for the calls that it makes.
type RPC struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

// NewRPC makes or finds the metrics of the RPCs which a service answers.
func NewRPC(registry prometheus.Registerer) (*RPC, error) {
	return newRPC(registry, "rpc_", "answered")
}

// NewRPCClient makes or finds the metrics of the RPCs which a service sends to its peers.
func NewRPCClient(registry prometheus.Registerer) (*RPC, error) {
	return newRPC(registry, "rpc_client_", "sent")
}

func newRPC(registry prometheus.Registerer, prefix, done string) (*RPC, error) {
	requests, err := register(registry, prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: prefix + "requests_total", Help: "RPCs " + done + ", by method and class of outcome.",
	}, []string{"method", "code"}))
	if err != nil {
		return nil, err
	}
	duration, err := register(registry, prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: prefix + "duration_seconds", Help: "How long RPCs " + done + " took, by method.", Buckets: buckets(),
	}, []string{"method"}))
	if err != nil {
		return nil, err
	}
	return &RPC{requests, duration}, nil
}

// Method is one RPC with its labels resolved, so that observing costs no look-up.
type Method struct {
	requests map[string]prometheus.Counter // By code; never written after its making.
	duration prometheus.Observer
}

// Method resolves the labels of an RPC, such as "/balance.v1.Balance/Reserve". Keep what it answers.
func (r *RPC) Method(name string) *Method {
	m := &Method{requests: make(map[string]prometheus.Counter, len(classes)), duration: r.duration.WithLabelValues(name)}
	for _, class := range classes {
		m.requests[class] = r.requests.WithLabelValues(name, class)
	}
	return m
}

// Observe counts one call that took d of real time and ended with err.
func (m *Method) Observe(d time.Duration, err error) {
	code := OK
	if err != nil {
		code = errs.Of(err).Class()
	}
	counter, known := m.requests[code]
	if !known { // A class that no table of ours holds is a fault of ours.
		counter = m.requests[errs.Internal]
	}
	counter.Inc()
	m.duration.Observe(d.Seconds())
}

// HTTP is the metrics of a door: http_requests_total{route,method,status} and http_duration_seconds{route,method}.
type HTTP struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

// NewHTTP makes or finds the metrics of a service's routes.
func NewHTTP(registry prometheus.Registerer) (*HTTP, error) {
	requests, err := register(registry, prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "http_requests_total", Help: "Requests answered, by route, method and status.",
	}, []string{"route", "method", "status"}))
	if err != nil {
		return nil, err
	}
	duration, err := register(registry, prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "http_duration_seconds", Help: "How long requests took, by route and method.", Buckets: buckets(),
	}, []string{"route", "method"}))
	if err != nil {
		return nil, err
	}
	return &HTTP{requests, duration}, nil
}

// Route is one route and method with its labels resolved.
type Route struct {
	requests *prometheus.CounterVec
	duration prometheus.Observer
	statuses sync.Map // From status to prometheus.Counter, filled as they occur.
}

// Route resolves the labels of a route as it was declared, "/accounts/:id", never as it was asked for, and of a method
// that the route has. Keep what it answers.
func (h *HTTP) Route(route, method string) *Route {
	return &Route{
		requests: h.requests.MustCurryWith(prometheus.Labels{"route": route, "method": method}),
		duration: h.duration.WithLabelValues(route, method),
	}
}

// Observe counts one request that took d of real time and was answered with status.
func (r *Route) Observe(d time.Duration, status int) {
	r.status(status).Inc()
	r.duration.Observe(d.Seconds())
}

func (r *Route) status(status int) prometheus.Counter {
	if known, ok := r.statuses.Load(status); ok {
		return known.(prometheus.Counter) //nolint:errcheck // It holds nothing else.
	}
	counter := r.requests.WithLabelValues(strconv.Itoa(status))
	r.statuses.Store(status, counter)
	return counter
}

// register makes c known to the registry, or answers the equal collector that is known already: one service may ask
// for its metrics in several places.
func register[C prometheus.Collector](registry prometheus.Registerer, c C) (C, error) {
	err := registry.Register(c)
	if known, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); ok {
		if same, ok := known.ExistingCollector.(C); ok {
			return same, nil
		}
	}
	return c, err
}
