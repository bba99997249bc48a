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
	held, declined, released, posted, cleared, paid, moved prometheus.Counter
	openHolds                                              prometheus.Gauge
	batch                                                  prometheus.Histogram
}

func newMetrics(registry prometheus.Registerer) *metrics {
	in := promauto.With(registry)
	entries := in.NewCounterVec(prometheus.CounterOpts{
		Name: "ledger_entries_total", Help: "Entries that this process posted, by what they did.",
	}, []string{"kind"})
	return &metrics{
		held: entries.WithLabelValues("held"), declined: entries.WithLabelValues("declined"),
		released: entries.WithLabelValues("released"), posted: entries.WithLabelValues("posted"),
		cleared: entries.WithLabelValues("cleared"), paid: entries.WithLabelValues("paid"),
		moved: entries.WithLabelValues("moved"),
		openHolds: in.NewGauge(prometheus.GaugeOpts{
			Name: "open_holds", Help: "Holds that are open: counted at the start, then as this process posts.",
		}),
		batch: in.NewHistogram(prometheus.HistogramOpts{
			Name: "ledger_batch_entries", Help: "Entries posted in one conditional write.",
			Buckets: []float64{1, 2, 4, 8, 16, 32, 64},
		}),
	}
}

func (m *metrics) observe(opened int64, entries []logic.Entry) {
	m.batch.Observe(float64(len(entries)))
	m.openHolds.Add(float64(opened))
	for _, entry := range entries {
		switch entry.Kind {
		case logic.Held:
			m.held.Inc()
		case logic.Released:
			m.released.Inc()
		case logic.Declined:
			m.declined.Inc()
		case logic.Posted:
			m.posted.Inc()
		case logic.Cleared:
			m.cleared.Inc()
		case logic.Paid:
			m.paid.Inc()
		case logic.Moved:
			m.moved.Inc()
		case logic.Void:
		}
	}
}

const walkStep = 500

// countOpenHolds adds up what is open already. Holds made meanwhile may be counted twice; a process counts once, at
// its start, before its doors are open.
func (m *metrics) countOpenHolds(ctx context.Context, log *slog.Logger, accounts *storage.Accounts) {
	for after := ""; ; {
		sizes, next, err := accounts.Walk(ctx, after, walkStep)
		if err != nil {
			if ctx.Err() == nil {
				log.ErrorContext(ctx, "open holds not counted", "error", err)
			}
			return
		}
		for _, each := range sizes {
			m.openHolds.Add(float64(each.OpenHolds))
		}
		if after = next; next == "" {
			return
		}
	}
}
