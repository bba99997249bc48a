package rpc_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"farthing/pkg/clock"
	"farthing/pkg/rpc"
	echoproto "farthing/pkg/rpc/rpctest/proto"
)

// Both measure one call with the whole chain on both sides: spans recorded, metrics counted, a deadline set, a clock
// that is ahead.
func BenchmarkInProcess(b *testing.B) { benchmark(b, rpc.NewInProcess()) }

func BenchmarkLoopback(b *testing.B) { benchmark(b, rpc.NewGRPC(loopback())) }

func benchmark(b *testing.B, transport rpc.Transport) {
	w := newWorld(b, transport)
	ahead := &clock.Business{}
	ahead.Observe(1)
	client := w.dial(b, "service.stranger", "service.echo", rpc.Options{
		Tracer: w.recorder.Tracer("service.stranger"), Metrics: prometheus.NewRegistry(), Clock: ahead,
	})
	req := &echoproto.SayRequest{Text: "hello"}
	ctx := b.Context()
	if _, err := client.Say(ctx, req); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Say(ctx, req); err != nil {
			b.Fatal(err)
		}
	}
}
