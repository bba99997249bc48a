package handler

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// metrics watch the business: what became of pushes, and how soon they reached Apple.
type metrics struct {
	pushes *prometheus.CounterVec
	lag    prometheus.Histogram
}

func newMetrics(registry prometheus.Registerer) *metrics {
	in := promauto.With(registry)
	return &metrics{
		pushes: in.NewCounterVec(prometheus.CounterOpts{
			Name: "pushes_total", Help: "Pushes to phones, by what became of them.",
		}, []string{"outcome"}),
		lag: in.NewHistogram(prometheus.HistogramOpts{
			Name: "push_lag_seconds", Help: "From a transaction's last change to Apple's acceptance of its push.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 16),
		}),
	}
}
