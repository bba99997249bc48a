package api_test

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"time"

	"farthing/cmd/farthing/bank"
	"farthing/cmd/farthing/bench"
	"farthing/cmd/farthing/bench/api"
	"farthing/cmd/farthing/bench/benchtest"
	"farthing/cmd/farthing/bench/loop"
	"farthing/pkg/foundation"
)

// BenchmarkReads is `farthing bench api --in-process` for a profiler, each operation a second of it.
func BenchmarkReads(b *testing.B) {
	measured := start(b)
	people, err := api.Prepare(b.Context(), measured, 100)
	if err != nil {
		b.Fatal(err)
	}
	for name, route := range api.Routes() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			before := benchtest.ProcessorTime(b)
			load := loop.Load{Workers: 32, Time: time.Duration(b.N) * time.Second}
			result, err := api.Read(b.Context(), load, measured.API, people, route)
			if err != nil || result.Failed > 0 {
				b.Fatal(result, err)
			}
			b.ReportMetric(float64((benchtest.ProcessorTime(b)-before).Microseconds())/float64(result.Done), "cpu-µs/read")
			b.ReportMetric(result.PerSecond, "reads/s")
			b.ReportMetric(result.P99Millis, "p99-ms")
		})
	}
}

func start(b testing.TB) api.Bank {
	b.Helper()
	home, err := bank.Up(b.Context(), bank.Options{
		Folder: bank.Folder(b.TempDir()), Host: "127.0.0.1", Empty: true,
		Log:      slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Settings: map[string]string{"FARTHING_API_ADDRESS_RATE": "1000000"},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := home.Stop(context.WithoutCancel(b.Context())); err != nil {
			b.Error(err)
		}
	})
	edge, _ := home.HTTP(foundation.CardEdge)
	admin, _ := home.HTTP(foundation.Admin)
	return api.Bank{Target: bench.Target{CardEdgeHandler: edge, AdminHandler: admin}, API: home.Notice.API}
}
