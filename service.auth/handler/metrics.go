package handler

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// metrics watch who comes: a rise of unknown tokens or of refusals is somebody trying, a reuse somebody who has a copy.
type metrics struct {
	issued, revoked          prometheus.Counter
	valid, refused, unknowns prometheus.Counter
	given, refusals, reuses  *prometheus.CounterVec
	applicants               *prometheus.CounterVec
}

func newMetrics(registry prometheus.Registerer) *metrics {
	in := promauto.With(registry)
	counter := func(name, help string) prometheus.Counter {
		return in.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	counters := func(name, help, label string) *prometheus.CounterVec {
		return in.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
	}
	checks := counters("token_checks_total",
		"Access tokens checked, by outcome; ended is expired or revoked.", "outcome")
	return &metrics{
		issued:  counter("tokens_issued_total", "Access tokens that operators issued."),
		revoked: counter("tokens_revoked_total", "Access tokens revoked."),
		valid:   checks.WithLabelValues("valid"), refused: checks.WithLabelValues("ended"),
		unknowns: checks.WithLabelValues("unknown"),
		given:    counters("tokens_given_total", "Pairs of tokens given to clients, by what for: code or refresh.", "grant"),
		refusals: counters("token_refusals_total",
			"Clients that were given no tokens, by what was not good: client, code or refresh.", "what"),
		reuses: counters("token_reuses_total",
			"Secrets that came a second time, by which: code or refresh token.", "secret"),
		applicants: counters("sign_up_mails_total",
			"Mails about applications: opened, refused, review, customer, failed, or why there was none to send.", "outcome"),
	}
}
