package holds

import (
	"testing"
	"time"

	"farthing/cmd/farthing/bench/benchtest"
	"farthing/cmd/farthing/bench/loop"
)

// BenchmarkHolds is `farthing bench ledger` for a profiler: each operation a second of holds, over many accounts and on
// one.
func BenchmarkHolds(b *testing.B) {
	for name, accounts := range map[string]int{"many accounts": 10_000, "one account": 1} {
		b.Run(name, func(b *testing.B) {
			bank, made := started(b, accounts)
			b.ReportAllocs()
			b.ResetTimer()
			before := benchtest.ProcessorTime(b)
			got, err := bank.Run(b.Context(), made, loop.Load{Workers: atOnce, Time: time.Duration(b.N) * time.Second})
			if err != nil || got.Failed > 0 {
				b.Fatalf("got %+v, %v", got, err)
			}
			b.StopTimer()
			b.ReportMetric(got.PerSecond, "holds/s")
			b.ReportMetric(float64((benchtest.ProcessorTime(b)-before).Microseconds())/float64(got.Done), "cpu-µs/hold")
			b.ReportMetric(got.P50Millis, "p50-ms")
			b.ReportMetric(got.P99Millis, "p99-ms")
			b.ReportMetric(got.EntriesPerWrite, "entries/write")
			b.ReportMetric(float64(got.Told)/float64(got.Done), "events/hold")
		})
	}
}
