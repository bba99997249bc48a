package clock

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Business is real time plus an offset that can only grow. The zero value runs with the machine.
// It is safe for concurrent use.
type Business struct {
	offset atomic.Int64 // Nanoseconds.

	mu    sync.Mutex
	moved chan struct{} // Closed by the next growth; nil while nobody waits for one.
}

// StartingAt is a business clock that reads t now. It is how a demonstration starts in the past.
func StartingAt(t time.Time) *Business { return Ahead(time.Until(t)) }

// Ahead is a business clock that is so far ahead of the machine's.
func Ahead(offset time.Duration) *Business {
	b := &Business{}
	b.offset.Store(int64(offset))
	return b
}

// Now is business time, UTC, cut to milliseconds.
func (b *Business) Now() time.Time {
	return time.Now().Add(b.Offset()).UTC().Truncate(time.Millisecond)
}

// Offset is how far business time is ahead of real time: negative while a past is being replayed.
func (b *Business) Offset() time.Duration { return time.Duration(b.offset.Load()) }

// Observe takes over a peer's offset if it is the larger one: time never runs backwards. Repeating it is harmless.
func (b *Business) Observe(offset time.Duration) {
	for {
		mine := b.offset.Load()
		if int64(offset) <= mine {
			return
		}
		if b.offset.CompareAndSwap(mine, int64(offset)) {
			b.wake()
			return
		}
	}
}

// AdvanceTo moves business time forward to t; a t that has passed already changes nothing.
func (b *Business) AdvanceTo(t time.Time) { b.Observe(time.Until(t)) }

// wake tells those who wait that the offset has grown.
func (b *Business) wake() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.moved != nil {
		close(b.moved)
		b.moved = nil
	}
}

// growth is closed when the offset grows from now on.
func (b *Business) growth() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.moved == nil {
		b.moved = make(chan struct{})
	}
	return b.moved
}

// Every calls f each d of real time, and whenever business time is moved, until the context ends: what a schedule says
// is due is done when the clock is moved past it. A call that takes longer than d delays the next one.
func (b *Business) Every(ctx context.Context, d time.Duration, f func(context.Context)) {
	ticker := time.NewTicker(d)
	defer ticker.Stop()
	moved := b.growth()
	for {
		select {
		case <-ticker.C:
		case <-moved:
		case <-ctx.Done():
			return
		}
		moved = b.growth() // Before f: what it did not see any more is for the next call.
		f(ctx)
	}
}
