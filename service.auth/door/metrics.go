package door

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Metrics watch who logs in: many links for nobody are somebody who looks for customers, links that are opened in other
// browsers somebody who reads the mail of others.
type Metrics struct {
	asked, links, answers, applied *prometheus.CounterVec
}

// NewMetrics are a door's.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	in := promauto.With(registry)
	counters := func(name, help, label string) *prometheus.CounterVec {
		return in.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
	}
	return &Metrics{
		asked: counters("login_links_asked_total",
			"Links asked for, by outcome: mailed, nobody, failed, or who asked too often.", "outcome"),
		links: counters("login_links_followed_total",
			"Links followed, by outcome: opened, or why not.", "outcome"),
		answers: counters("login_answers_total", "What users answered to programs: approved or refused.", "answer"),
		applied: counters("sign_up_forms_total",
			"Sign-up forms sent, by outcome: taken, refused, failed, or who sent them too often.", "outcome"),
	}
}
