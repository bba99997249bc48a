package handler

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"farthing/service.balance/logic"
	"farthing/service.balance/storage"
)

// metrics watch the business: what the ledger does, and how many holds are open.
type metrics struct {
	held, declined, released, posted prometheus.Counter
	openHolds                        prometheus.Gauge
	batch                            prometheus.Histogram
}

func newMetrics(registry prometheus.Registerer) *metrics {
	in := promauto.With(registry)
	entries := in.NewCounterVec(prometheus.CounterOpts{
		Name: "ledger_entries_total", Help: "Entries that this process posted, by what they did.",
	}, []string{"kind"})
	return &metrics{
		held: entries.WithLabelValues("held"), declined: entries.WithLabelValues("declined"),
		released: entries.WithLabelValues("released"), posted: entries.WithLabelValues("posted"),
		openHolds: in.NewGauge(prometheus.GaugeOpts{
			Name: "open_holds", Help: "Holds that are open: counted at the start, then as this process posts.",
		}),
		batch: in.NewHistogram(prometheus.HistogramOpts{
			Name: "ledger_batch_entries", Help: "Entries posted in one conditional write.",
			Buckets: []float64{1, 2, 4, 8, 16, 32, 64},
		}),
	}
}

func (m *metrics) observe(entries []logic.Entry) {
	m.batch.Observe(float64(len(entries)))
	for _, entry := range entries {
		switch entry.Kind {
		case logic.Held:
			m.held.Inc()
			m.openHolds.Inc()
		case logic.Released:
			m.released.Inc()
			m.openHolds.Dec()
		case logic.Declined:
			m.declined.Inc()
		case logic.Posted:
			m.posted.Inc()
		case logic.Void:
		}
	}
}

const walkStep = 500

// countOpenHolds adds up what is open already. Holds made meanwhile may be counted twice; a process counts once, at
// its start, before its doors are open.
func (m *metrics) countOpenHolds(ctx context.Context, log *slog.Logger, accounts *storage.Accounts) {
	for after := ""; ; {
		states, next, err := accounts.WalkStates(ctx, after, walkStep)
		if err != nil {
			if ctx.Err() == nil {
				log.ErrorContext(ctx, "open holds not counted", "error", err)
			}
			return
		}
		for _, state := range states {
			m.openHolds.Add(float64(state.OpenHolds))
		}
		if after = next; next == "" {
			return
		}
	}
}
