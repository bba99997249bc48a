package bench_test

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"time"

	"farthing/cmd/farthing/bank"
	"farthing/cmd/farthing/bench"
	"farthing/cmd/farthing/bench/benchtest"
	"farthing/cmd/farthing/bench/loop"
	"farthing/pkg/foundation"
)

// BenchmarkSwipes is `farthing bench --in-process` for a profiler: swipes from the card edge's handler to feed and
// phone, each operation a second of them.
func BenchmarkSwipes(b *testing.B) {
	home, err := bank.Up(b.Context(), bank.Options{
		Folder: bank.Folder(b.TempDir()), Host: "127.0.0.1", Empty: true,
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := home.Stop(context.WithoutCancel(b.Context())); err != nil {
			b.Error(err)
		}
	}()
	edge, _ := home.HTTP(foundation.CardEdge)
	admin, _ := home.HTTP(foundation.Admin)
	target := bench.Target{CardEdgeHandler: edge, AdminHandler: admin}
	warm := loop.Of(0, 32, time.Second)
	if _, err := bench.Run(b.Context(), target, 1000, warm); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	before := benchtest.ProcessorTime(b)
	load := loop.Of(0, 32, time.Duration(b.N)*time.Second)
	report, err := bench.Run(b.Context(), target, 1000, load)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64((benchtest.ProcessorTime(b)-before).Microseconds())/float64(report.Approved), "cpu-µs/swipe")
	b.ReportMetric(report.EndToEnd, "swipes/s")
	b.ReportMetric(report.P50Millis, "p50-ms")
	b.ReportMetric(report.P99Millis, "p99-ms")
}
