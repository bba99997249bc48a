package eventstest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/events"
)

// Sample is the nth of many events of the size that a swipe has.
func Sample(n int64) events.Event {
	return events.Event{
		ID: fmt.Sprintf("evt_%022d", n), Type: Happened, Key: "acc_00008zIcpb1TB4yeIFXMzx", Version: n,
		OccurredAt: time.UnixMilli(1_800_000_000_000), Body: make([]byte, 400),
		Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	}
}

// Measure measures a bus that open makes anew for each figure: publishing, delivering, and the lag between the two.
func Measure(b *testing.B, open func(testing.TB) events.Bus) {
	b.Run("publish", func(b *testing.B) { measurePublish(b, open) })
	b.Run("deliver", func(b *testing.B) { measureDeliver(b, open(b)) })
	for _, after := range []time.Duration{0, 2 * time.Second} {
		b.Run(fmt.Sprint("lag at 1,000 a second, after ", after), func(b *testing.B) { measureLag(b, open(b), after) })
	}
}

// measurePublish is one durable event, published alone, by so many callers at once.
func measurePublish(b *testing.B, open func(testing.TB) events.Bus) {
	for _, publishers := range []int{1, 64} {
		b.Run(fmt.Sprint(publishers, " publishers"), func(b *testing.B) {
			bus := open(b)
			s := events.Subscription{Name: "reader", Types: []string{Happened}} // Otherwise nothing is kept.
			s.Handle = func(context.Context, events.Event) error { return nil }
			if err := bus.Declare(b.Context(), s); err != nil {
				b.Fatal(err)
			}
			var next atomic.Int64
			var all sync.WaitGroup
			b.ReportAllocs()
			b.ResetTimer()
			for range publishers {
				all.Go(func() {
					for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
						if err := bus.Publish(b.Context(), Sample(n)); err != nil {
							b.Error(err)
						}
					}
				})
			}
			all.Wait()
		})
	}
}

// measureDeliver is one event through publishing, in batches, and three subscriptions.
func measureDeliver(b *testing.B, bus events.Bus) {
	var all, runs sync.WaitGroup
	ctx, cancel := context.WithCancel(b.Context())
	for name := range 3 {
		var seen atomic.Int64
		done := make(chan struct{})
		s := events.Subscription{Name: fmt.Sprint("reader_", name), Types: []string{Happened}}
		s.Handle = func(context.Context, events.Event) error {
			if seen.Add(1) == int64(b.N) {
				close(done)
			}
			return nil
		}
		if err := bus.Declare(ctx, s); err != nil {
			b.Fatal(err)
		}
		runs.Go(func() { _ = bus.Run(ctx, s) })
		all.Go(func() { <-done })
	}
	b.ReportAllocs()
	b.ResetTimer()
	batch := make([]events.Event, 0, 100)
	for n := range int64(b.N) {
		if batch = append(batch, Sample(n)); len(batch) == cap(batch) || n == int64(b.N)-1 {
			if err := bus.Publish(ctx, batch...); err != nil {
				b.Fatal(err)
			}
			batch = batch[:0]
		}
	}
	all.Wait()
	b.StopTimer()
	cancel()
	runs.Wait()
}

// measureLag is the time from the call of Publish to a handler's, one event a millisecond. What After holds back is not
// counted: it is how much later still.
func measureLag(b *testing.B, bus events.Bus, after time.Duration) {
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	watch := clock.Start()
	began := make([]time.Duration, b.N)
	lags := make(chan time.Duration, b.N)
	s := events.Subscription{Name: "reader", Types: []string{Happened}, After: after}
	s.Handle = func(_ context.Context, e events.Event) error {
		lags <- watch.Elapsed() - began[e.Version] - after
		return nil
	}
	if err := bus.Declare(ctx, s); err != nil {
		b.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() { _ = bus.Run(ctx, s) })
	published := make([]time.Duration, b.N)
	b.ResetTimer()
	for n := range int64(b.N) {
		_ = clock.Wait(ctx, time.Duration(n)*time.Millisecond-watch.Elapsed())
		began[n] = watch.Elapsed()
		all.Go(func() {
			if err := bus.Publish(ctx, Sample(n)); err != nil {
				b.Error(err)
			}
			published[n] = watch.Elapsed() - began[n]
		})
	}
	sorted := make([]time.Duration, b.N)
	for i := range sorted {
		sorted[i] = <-lags
	}
	b.StopTimer()
	cancel()
	all.Wait()
	slices.Sort(sorted)
	slices.Sort(published)
	b.ReportMetric(float64(sorted[b.N/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(sorted[b.N*99/100].Microseconds()), "p99-µs")
	b.ReportMetric(float64(published[b.N*99/100].Microseconds()), "publish-p99-µs")
}
