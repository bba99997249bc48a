package handler

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"farthing/service.cards/logic"
)

// metrics watch the business: cards that come, change, and are asked for.
type metrics struct {
	issued, collisions       prometheus.Counter
	active, frozen, closed   prometheus.Counter
	identified, unidentified prometheus.Counter
	wrongPINs, blockedPINs   prometheus.Counter
}

func newMetrics(registry prometheus.Registerer) *metrics {
	in := promauto.With(registry)
	changes := in.NewCounterVec(prometheus.CounterOpts{
		Name: "card_status_changes_total", Help: "Changes of a card's status, by the new one.",
	}, []string{"status"})
	identifications := in.NewCounterVec(prometheus.CounterOpts{
		Name: "card_identifications_total", Help: "Cards asked for by number or id at a swipe, by outcome.",
	}, []string{"outcome"})
	return &metrics{
		issued: in.NewCounter(prometheus.CounterOpts{Name: "cards_issued_total", Help: "Cards issued."}),
		collisions: in.NewCounter(prometheus.CounterOpts{
			Name: "card_number_collisions_total", Help: "Numbers drawn that were another card's already.",
		}),
		wrongPINs:   in.NewCounter(prometheus.CounterOpts{Name: "card_pins_wrong_total", Help: "Wrong PINs entered."}),
		blockedPINs: in.NewCounter(prometheus.CounterOpts{Name: "card_pins_blocked_total", Help: "PINs blocked."}),
		active:      changes.WithLabelValues("active"), frozen: changes.WithLabelValues("frozen"),
		closed:     changes.WithLabelValues("closed"),
		identified: identifications.WithLabelValues("found"), unidentified: identifications.WithLabelValues("unknown"),
	}
}

func (m *metrics) changed(to logic.Status) {
	switch to {
	case logic.Active:
		m.active.Inc()
	case logic.Frozen:
		m.frozen.Inc()
	case logic.Closed:
		m.closed.Inc()
	}
}

// tried counts a PIN that has changed because somebody entered it.
func (m *metrics) tried(now logic.PIN) {
	if now.Wrong > 0 {
		m.wrongPINs.Inc()
	}
	if now.Blocked() {
		m.blockedPINs.Inc()
	}
}
