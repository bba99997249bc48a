package server

import (
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// ending is why a connection ended, as the metric has it.
type ending string

const (
	gone         ending = "peer_gone"
	idle         ending = "idle"
	slow         ending = "too_slow"
	tooMany      ending = "too_many"
	unframed     ending = "unframed"     // Where the next message begins, nobody knows, or in what encoding.
	unanswerable ending = "unanswerable" // Its type has no answer, or it has no STAN.
	drained      ending = "drained"
	aborted      ending = "aborted"
)

// Metrics watch the door.
type Metrics struct {
	messages *prometheus.CounterVec
	duration *prometheus.HistogramVec
	open     prometheus.Gauge
	ends     *prometheus.CounterVec
}

// NewMetrics makes the metrics of a door.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	in := promauto.With(registry)
	return &Metrics{
		messages: in.NewCounterVec(prometheus.CounterOpts{
			Name: "iso8583_messages_total", Help: "ISO 8583 messages answered, by message type and response code.",
		}, []string{"mti", "code"}),
		duration: in.NewHistogramVec(prometheus.HistogramOpts{
			Name: "iso8583_duration_seconds", Help: "How long answers to ISO 8583 messages took, by message type.",
		}, []string{"mti"}),
		open: in.NewGauge(prometheus.GaugeOpts{
			Name: "iso8583_connections", Help: "ISO 8583 connections that are open.",
		}),
		ends: in.NewCounterVec(prometheus.CounterOpts{
			Name: "iso8583_connections_ended_total", Help: "ISO 8583 connections that have ended, by reason.",
		}, []string{"reason"}),
	}
}

// known are the message types with a label of their own: what peers make up has none.
var known = []string{
	"0100", "0101", "0120", "0121", "0200", "0201", "0220", "0221", "0400", "0401", "0420", "0421", "0800", "0801",
}

func (m *Metrics) answered(mti, code string, took time.Duration) {
	if !slices.Contains(known, mti) {
		mti = "other"
	}
	m.messages.WithLabelValues(mti, code).Inc()
	m.duration.WithLabelValues(mti).Observe(took.Seconds())
}

func (m *Metrics) ended(why ending) { m.ends.WithLabelValues(string(why)).Inc() }
