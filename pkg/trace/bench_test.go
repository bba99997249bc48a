package trace_test

import (
	"context"
	"testing"

	"farthing/pkg/trace"
)

// BenchmarkSpan is what one hop of a swipe pays: a span below another, with an attribute, recorded.
func BenchmarkSpan(b *testing.B) {
	tracer := trace.NewRecorder(trace.Limits{}).Tracer("service.balance")
	ctx, root := trace.Start(context.Background(), tracer, "root", trace.Server)
	defer root.End(nil)
	b.Run("plain", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, span := trace.Start(ctx, tracer, "/balance.v1.Balance/Reserve", trace.Client)
			span.End(nil)
		}
	})
	b.Run("annotated", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ctx, span := trace.Start(ctx, tracer, "/balance.v1.Balance/Reserve", trace.Server)
			trace.Annotate(ctx, "transaction_id", "tx_00008zIcpb1TB4yeIFXMzx")
			span.End(nil)
		}
	})
	b.Run("not sampled", func(b *testing.B) {
		ctx := trace.WithRemote(context.Background(), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")
		b.ReportAllocs()
		for b.Loop() {
			_, span := trace.Start(ctx, tracer, "/balance.v1.Balance/Reserve", trace.Server)
			span.End(nil)
		}
	})
}
