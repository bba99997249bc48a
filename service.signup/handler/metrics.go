package handler

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	signupproto "farthing/service.signup/proto"
)

type counts struct {
	signUps *prometheus.CounterVec
	checks  *prometheus.CounterVec
	opening prometheus.Histogram
}

func newCounts(metrics prometheus.Registerer) counts {
	in := promauto.With(metrics)
	return counts{
		signUps: in.NewCounterVec(prometheus.CounterOpts{
			Name: "sign_ups_total", Help: "Applications, by what became of them: applied, review, approved, opened, refused.",
		}, []string{"outcome"}),
		checks: in.NewCounterVec(prometheus.CounterOpts{
			Name: "sign_up_checks_total", Help: "Answers of the provider that checks applicants; failed is none.",
		}, []string{"outcome"}),
		opening: in.NewHistogram(prometheus.HistogramOpts{
			Name: "sign_up_opening_seconds", Help: "Business time from an application to an account that is open.",
			Buckets: []float64{1, 5, 30, 60, 600, 3_600, 6 * 3_600, 24 * 3_600, 3 * 24 * 3_600, 7 * 24 * 3_600},
		}),
	}
}

// came counts that an application came into its state.
func (c counts) came(a *signupproto.Application) {
	if a.GetState() == signupproto.State_STATE_CHECKING {
		return // On the way, and no outcome.
	}
	c.signUps.WithLabelValues(signupproto.Word(a.GetState())).Inc()
	if a.GetState() == signupproto.State_STATE_OPENED {
		took := time.Duration(a.GetUpdatedMs()-a.GetCreatedMs()) * time.Millisecond
		c.opening.Observe(took.Seconds())
	}
}
