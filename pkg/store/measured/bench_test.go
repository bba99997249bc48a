package measured_test

import (
	"context"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"farthing/pkg/store"
	"farthing/pkg/store/measured"
)

// idle is an engine that does nothing, so that what is left is the measuring.
type idle struct{ store.Engine }

func (idle) Apply(context.Context, store.ConditionalBatch) (store.Applied, error) {
	return store.Applied{OK: true}, nil
}

type idleStore struct{ store.Store }

func (idleStore) Open(string) store.Engine { return idle{} }

// BenchmarkMeasuring is what a measured call costs more than one that is not.
func BenchmarkMeasuring(b *testing.B) {
	for name, engine := range map[string]store.Engine{
		"bare":     idle{},
		"measured": measured.New(idleStore{}, prometheus.NewRegistry()).Open("bank"),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				if _, err := engine.Apply(b.Context(), store.ConditionalBatch{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestMeasuringAllocatesNothing(t *testing.T) {
	engine, ctx := measured.New(idleStore{}, prometheus.NewRegistry()).Open("bank"), t.Context()
	allocated := testing.AllocsPerRun(100, func() {
		_, _ = engine.Apply(ctx, store.ConditionalBatch{})
	})
	if allocated != 0 {
		t.Errorf("a measured call allocates %v times", allocated)
	}
}
