package handler

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"farthing/pkg/errs"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// metrics watch the business: what the card network was answered, and what was given back unanswered.
type metrics struct {
	authorisations *prometheus.CounterVec
	released       prometheus.Counter
	stoodIn        prometheus.Counter
	events         *prometheus.CounterVec
	inquiries      *prometheus.CounterVec
	unmatched      *prometheus.CounterVec
	breaks         *prometheus.CounterVec
}

func newMetrics(registry prometheus.Registerer) *metrics {
	in := promauto.With(registry)
	return &metrics{
		authorisations: in.NewCounterVec(prometheus.CounterOpts{
			Name: "card_authorisations_total", Help: "Card authorisations answered, by outcome and reason.",
		}, []string{"outcome", "reason"}),
		events: in.NewCounterVec(prometheus.CounterOpts{
			Name: "card_payment_events_total", Help: "What followed card authorisations, by kind and outcome.",
		}, []string{"kind", "outcome"}),
		stoodIn: in.NewCounter(prometheus.CounterOpts{
			Name: "card_stand_ins_total", Help: "Card authorisations approved by policy, in the ledger's place.",
		}),
		inquiries: in.NewCounterVec(prometheus.CounterOpts{
			Name: "card_balance_inquiries_total", Help: "Balance inquiries answered, by outcome and reason.",
		}, []string{"outcome", "reason"}),
		unmatched: in.NewCounterVec(prometheus.CounterOpts{
			Name: "card_unmatched_total", Help: "Collections and refunds that somebody has to look at, by reason.",
		}, []string{"reason"}),
		breaks: in.NewCounterVec(prometheus.CounterOpts{
			Name: "clearing_breaks_total", Help: "Where clearing files and the bank did not agree, by kind.",
		}, []string{"kind"}),
		released: in.NewCounter(prometheus.CounterOpts{
			Name: "unanswered_holds_released_total", Help: "Holds released because nobody was told of them.",
		}),
	}
}

// answered counts what became of an authorisation that was well-formed. The reason of an error is its class.
func (m *metrics) answered(rsp *cardprocessingproto.AuthoriseResponse, err error) {
	decided(m.authorisations, rsp, err)
}

// inquired counts what became of a balance inquiry that was well-formed.
func (m *metrics) inquired(rsp *cardprocessingproto.InquireBalanceResponse, err error) {
	decided(m.inquiries, rsp, err)
}

// decision is whatever may be declined.
type decision interface {
	GetApproved() bool
	GetDeclineReason() string
}

func decided(counter *prometheus.CounterVec, rsp decision, err error) {
	switch {
	case err != nil:
		counter.WithLabelValues("error", errs.Of(err).Class()).Inc()
	case rsp.GetApproved():
		counter.WithLabelValues("approved", "").Inc()
	default:
		counter.WithLabelValues("declined", rsp.GetDeclineReason()).Inc()
	}
}

// followed counts what followed an authorisation.
func (m *metrics) followed(e *cardprocessingproto.PaymentEvent) {
	outcome := "done"
	if e.GetDeclineReason() != "" {
		outcome = "declined"
	}
	m.events.WithLabelValues(kindOf(e.GetKind()), outcome).Inc()
	if u := e.GetUnmatched(); u != nil {
		reason := strings.TrimPrefix(u.GetDoubt().GetReason().String(), "UNMATCHED_REASON_")
		m.unmatched.WithLabelValues(strings.ToLower(reason)).Inc()
	}
}

// reconciled counts what a clearing file was found to have, or not to have.
func (m *metrics) reconciled(breaks []*cardprocessingproto.Break) {
	for _, b := range breaks {
		kind := strings.TrimPrefix(b.GetKind().String(), "BREAK_KIND_")
		m.breaks.WithLabelValues(strings.ToLower(kind)).Inc()
	}
}

// kindOf is an event's kind as others know it: "reversal".
func kindOf(kind cardprocessingproto.PaymentEventKind) string {
	return strings.ToLower(strings.TrimPrefix(kind.String(), "PAYMENT_EVENT_KIND_"))
}
