package measured

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"farthing/pkg/store"
)

// New is s, measured. Migrating and checking schemas are not. It panics if the registry has these metrics already: one
// process measures one store.
func New(s store.Store, in prometheus.Registerer) store.Store {
	with := promauto.With(in)
	return measured{
		Store: s,
		requests: with.NewCounterVec(prometheus.CounterOpts{
			Name: "store_requests_total", Help: "Operations asked of the store, by keyspace, kind and outcome.",
		}, []string{"keyspace", "operation", "outcome"}),
		duration: with.NewHistogramVec(prometheus.HistogramOpts{
			Name: "store_duration_seconds", Help: "How long operations of the store took, by keyspace and kind.",
			Buckets: buckets(),
		}, []string{"keyspace", "operation"}),
	}
}

// buckets are those of calls between services: from 50 µs to the longest that a card network waits, in seconds.
func buckets() []float64 { //nolint:forbidigo // Prometheus takes nothing else.
	return []float64{ //nolint:forbidigo // As above.
		.00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2,
	}
}

// measured is a store whose keyspaces are measured.
type measured struct {
	store.Store
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

// Open is the store's keyspace, measured. All openings of one keyspace count together.
func (m measured) Open(keyspace string) store.Engine {
	e := &engine{engine: m.Store.Open(keyspace)}
	for op, name := range operations {
		e.meters[op].duration = m.duration.WithLabelValues(keyspace, name)
		for became, label := range outcomes {
			if outcome(became) == refused && operation(op) != apply {
				continue // Nothing else can be refused.
			}
			e.meters[op].requests[became] = m.requests.WithLabelValues(keyspace, name, label)
		}
	}
	return e
}
