// Package loop does one thing again and again on several workers, and tells how often and how fast.
package loop

import (
	"context"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"farthing/pkg/clock"
)

// Load is a closed loop: each worker begins anew when it is done.
type Load struct {
	Workers int
	Time    time.Duration
}

// Result is what became of a load. Latencies are of what was done, not of what failed.
type Result struct {
	Done         int64   `json:"done"`
	Failed       int64   `json:"failed"`
	FirstFailure string  `json:"first_failure,omitempty"`
	Seconds      float64 `json:"seconds"`
	PerSecond    float64 `json:"per_second"`

	P50Millis float64 `json:"p50_ms"`
	P90Millis float64 `json:"p90_ms"`
	P99Millis float64 `json:"p99_ms"`
	MaxMillis float64 `json:"max_ms"`
}

const (
	longest = int64(30 * time.Second / time.Microsecond)
	digits  = 3
)

// Run has every worker do until the load's time is over or ctx has ended, but once in any case unless ctx has ended.
// What was begun is finished and counted. Do is told which worker it is, from 0.
func Run(ctx context.Context, load Load, do func(ctx context.Context, worker int) error) *Result {
	tallies, watch := make([]tally, load.Workers), clock.Start()
	var group sync.WaitGroup
	for worker := range tallies {
		group.Go(func() {
			into := &tallies[worker]
			into.latencies = hdrhistogram.New(1, longest, digits)
			for first := true; (first || watch.Elapsed() < load.Time) && ctx.Err() == nil; first = false {
				began := watch.Elapsed()
				err := do(ctx, worker)
				into.count(watch.Elapsed()-began, err)
			}
		})
	}
	group.Wait()
	return sum(tallies, watch.Elapsed())
}

// tally is one worker's.
type tally struct {
	failed       int64
	firstFailure string
	latencies    *hdrhistogram.Histogram // Microseconds.
}

func (t *tally) count(took time.Duration, err error) {
	if err == nil {
		_ = t.latencies.RecordValue(min(took.Microseconds(), longest)) // Within its bounds it cannot fail.
		return
	}
	if t.failed++; t.firstFailure == "" {
		t.firstFailure = err.Error()
	}
}

func sum(tallies []tally, elapsed time.Duration) *Result {
	all, r := hdrhistogram.New(1, longest, digits), &Result{Seconds: elapsed.Seconds()}
	for _, t := range tallies {
		all.Merge(t.latencies)
		r.Failed += t.failed
		if r.FirstFailure == "" {
			r.FirstFailure = t.firstFailure
		}
	}
	millis := func(quantile float64) float64 { return float64(all.ValueAtQuantile(quantile)) / 1_000 }
	r.Done = all.TotalCount()
	r.PerSecond = float64(r.Done) / r.Seconds
	r.P50Millis, r.P90Millis, r.P99Millis = millis(50), millis(90), millis(99)
	r.MaxMillis = float64(all.Max()) / 1_000
	return r
}
