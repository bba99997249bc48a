package apple_test

import (
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"farthing/service.apns/apple"
)

// BenchmarkSend is 64 senders to 1000 phones over loopback, the fake's half of the work included.
func BenchmarkSend(b *testing.B) {
	w := newWorld(b)
	w.send(b, push(0))
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu(b)
	var next atomic.Int64
	var senders sync.WaitGroup
	for range 64 {
		senders.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				if got, err := w.Send(b.Context(), push(int(i%1000))); err != nil || got.Outcome != apple.Delivered {
					b.Errorf("push %d: %v, %v", i, got.Outcome, err)
				}
			}
		})
	}
	senders.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pushes/s")
	b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/float64(b.N), "cpu-ns/push")
}

// cpu is the processor time that this process has used.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
