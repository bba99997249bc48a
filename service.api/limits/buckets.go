package limits

import (
	"sync"
	"time"
)

// bucketsMax bounds the memory for callers: some 10 MB.
const bucketsMax = 100_000

// buckets are token buckets, one for each caller, kept as the time at which it is full again (the generic cell rate
// algorithm of ITU-T I.371): exact in whole nanoseconds. A full one is as good as none, and is forgotten when there are
// many.
type buckets struct {
	each  time.Duration // In which one is added.
	burst int

	mu   sync.Mutex // Guards full.
	full map[string]time.Time
}

func newBuckets(perSecond, burst int) *buckets {
	return &buckets{each: time.Second / time.Duration(perSecond), burst: burst, full: make(map[string]time.Time)}
}

// standing is what a caller has left.
type standing struct {
	allowed   bool
	remaining int
	// reset is when the bucket is full again, or when there is one in it if there is none now.
	reset time.Duration
}

// take takes one out of a caller's bucket, if there is one.
func (b *buckets) take(caller string, now time.Time) standing {
	b.mu.Lock()
	defer b.mu.Unlock()
	used := max(0, b.full[caller].Sub(now))
	whole := b.each * time.Duration(b.burst)
	if used+b.each > whole {
		return standing{reset: used + b.each - whole}
	}
	if len(b.full) >= bucketsMax {
		b.forget(now)
	}
	used += b.each
	b.full[caller] = now.Add(used)
	return standing{true, int((whole - used) / b.each), used}
}

// forget drops those who have been away, or else everybody: it is better to count anew than to turn strangers away.
func (b *buckets) forget(now time.Time) {
	for caller, full := range b.full {
		if !full.After(now) {
			delete(b.full, caller)
		}
	}
	if len(b.full) >= bucketsMax {
		clear(b.full)
	}
}
