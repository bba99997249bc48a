package foundation

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/events"
)

// consuming measures how events are handled.
type consuming struct {
	handled *prometheus.CounterVec
	lag     *prometheus.HistogramVec
}

func newConsuming(registry prometheus.Registerer) *consuming {
	in := promauto.With(registry)
	return &consuming{
		handled: in.NewCounterVec(prometheus.CounterOpts{
			Name: "events_handled_total", Help: "Events handled, by durable name, type and outcome.",
		}, []string{"subscription", "type", "code"}),
		lag: in.NewHistogramVec(prometheus.HistogramOpts{
			Name: "event_lag_seconds", Help: "From an event's publication to the end of its handling.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 16),
		}, []string{"subscription"}),
	}
}

func (c *consuming) observe(name string, e events.Event, err error) {
	code := "ok"
	if err != nil {
		code = errs.Of(err).Class()
	}
	c.handled.WithLabelValues(name, e.Type, code).Inc()
	c.lag.WithLabelValues(name).Observe(clock.Real{}.Now().Sub(e.PublishedAt).Seconds())
}

// dashed is a durable name as a service's: feed_generator is service.feed-generator.
func dashed(name string) string { return strings.ReplaceAll(name, "_", "-") }

func newRegistry() *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return registry
}
