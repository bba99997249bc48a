package handler

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// metrics watch what becomes of messages. No label names a webhook or a URL.
type metrics struct {
	deliveries *prometheus.CounterVec
	attempts   *prometheus.CounterVec
	latency    prometheus.Histogram
	lag        prometheus.Histogram
}

func newMetrics(registry prometheus.Registerer) *metrics {
	in := promauto.With(registry)
	return &metrics{
		deliveries: in.NewCounterVec(prometheus.CounterOpts{
			Name: "webhook_deliveries_total", Help: "Messages to webhooks, by what became of them in the end.",
		}, []string{"outcome"}),
		attempts: in.NewCounterVec(prometheus.CounterOpts{
			Name: "webhook_attempts_total", Help: "Attempts to deliver a message, by the problem; delivered if there was none.",
		}, []string{"outcome"}),
		latency: in.NewHistogram(prometheus.HistogramOpts{
			Name: "webhook_attempt_seconds", Help: "How long webhooks take to answer.",
			Buckets: prometheus.ExponentialBuckets(0.005, 2, 12),
		}),
		lag: in.NewHistogram(prometheus.HistogramOpts{
			Name: "webhook_lag_seconds", Help: "From what happened to its delivery at the first attempt.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 16),
		}),
	}
}
