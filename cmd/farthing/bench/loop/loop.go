// Package loop does one thing again and again on several workers, and tells how often and how fast.
package loop

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"farthing/pkg/clock"
)

// Load is how hard to drive. Without a Rate it is a closed loop: each worker begins anew when it is done. With one it
// is open: so many are begun a second whatever became of those before, and a latency counts from when its turn was due,
// so that a stall counts for everything that it delays (coordinated omission).
type Load struct {
	Workers int // As many are under way at most. An open loop needs enough for its longest stall.
	Rate    int // A second.
	Time    time.Duration
}

// openWorkers carry an open loop: enough that a stall of a second at the highest rates still finds one free.
const openWorkers = 1024

// Of is an open loop if there is a rate, else a closed one of so many at once.
func Of(rate, atOnce int, t time.Duration) Load {
	if rate > 0 {
		return Load{Rate: rate, Workers: openWorkers, Time: t}
	}
	return Load{Workers: atOnce, Time: t}
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

// Run does until the load's time is over or ctx has ended. In a closed loop every worker does once in any case, unless
// ctx has ended. What was begun is finished and counted. Do is told which worker it is, from 0.
func Run(ctx context.Context, load Load, do func(ctx context.Context, worker int) error) *Result {
	r := &run{load: load, watch: clock.Start(), do: do}
	tallies := make([]tally, load.Workers)
	var group sync.WaitGroup
	for worker := range tallies {
		tallies[worker].latencies = hdrhistogram.New(1, longest, digits)
		group.Go(func() { r.work(ctx, worker, &tallies[worker]) })
	}
	group.Wait()
	return sum(tallies, r.watch.Elapsed())
}

type run struct {
	load  Load
	watch clock.Stopwatch
	begun atomic.Int64
	do    func(ctx context.Context, worker int) error
}

// work is one worker's share.
func (r *run) work(ctx context.Context, worker int, into *tally) {
	for first := r.load.Rate == 0; ctx.Err() == nil; first = false {
		due := r.due()
		if due >= r.load.Time && !first {
			return
		}
		if wait := due - r.watch.Elapsed(); wait > 0 && clock.Wait(ctx, wait) != nil {
			return
		}
		err := r.do(ctx, worker)
		into.count(r.watch.Elapsed()-due, err)
	}
}

// due is when the next is to begin: by its number at a rate, else now.
func (r *run) due() time.Duration {
	if r.load.Rate == 0 {
		return r.watch.Elapsed()
	}
	return time.Duration(r.begun.Add(1)-1) * time.Second / time.Duration(r.load.Rate)
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
