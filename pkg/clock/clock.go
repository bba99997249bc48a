// Package clock is the only place that reads the machine's time.
//
// There are two times. Business time (ids, windows, expiry, schedules) comes from a Clock handed down by the
// environment and may run ahead of the machine in development. Real time (deadlines, back-off, rate limits, TLS)
// is the machine's. Inside testing/synctest both are simulated.
package clock

import (
	"context"
	"time"
)

// Clock tells the time: UTC, whole milliseconds, because that is what the store keeps.
type Clock interface {
	Now() time.Time
}

// Real is the machine's own time.
type Real struct{}

// Now is the machine's time, UTC, cut to milliseconds.
func (Real) Now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// Fixed always tells the same time. It is for tests.
type Fixed time.Time

// Now is the fixed time.
func (f Fixed) Now() time.Time { return time.Time(f).UTC().Truncate(time.Millisecond) }

// Wait returns after d of real time, or with the context's error if that ends first.
func Wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Stopwatch measures real elapsed time by the monotonic clock, which no business clock can give.
type Stopwatch struct{ started time.Time }

// Start is a running stopwatch.
func Start() Stopwatch { return Stopwatch{time.Now()} }

// Started is the machine's time at the start, UTC and not cut: processes whose stopwatches began at different moments
// agree by it on the order of what they measured.
func (s Stopwatch) Started() time.Time { return s.started.UTC().Round(0) } // Without the monotonic reading.

// Elapsed is the real time since the start.
func (s Stopwatch) Elapsed() time.Duration { return time.Since(s.started) }

// Every calls f each d of real time until the context ends. A call that takes longer than d delays the next one.
func Every(ctx context.Context, d time.Duration, f func(context.Context)) {
	ticker := time.NewTicker(d)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			f(ctx)
		case <-ctx.Done():
			return
		}
	}
}
