package handler

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// metrics watch who comes: a rise of unknown tokens is somebody trying.
type metrics struct {
	issued, revoked          prometheus.Counter
	valid, refused, unknowns prometheus.Counter
}

func newMetrics(registry prometheus.Registerer) *metrics {
	in := promauto.With(registry)
	checks := in.NewCounterVec(prometheus.CounterOpts{
		Name: "token_checks_total", Help: "Access tokens checked, by outcome; ended is expired or revoked.",
	}, []string{"outcome"})
	return &metrics{
		issued:  in.NewCounter(prometheus.CounterOpts{Name: "tokens_issued_total", Help: "Access tokens issued."}),
		revoked: in.NewCounter(prometheus.CounterOpts{Name: "tokens_revoked_total", Help: "Access tokens revoked."}),
		valid:   checks.WithLabelValues("valid"), refused: checks.WithLabelValues("ended"),
		unknowns: checks.WithLabelValues("unknown"),
	}
}
