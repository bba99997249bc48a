package bench

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"farthing/pkg/clock"
)

// Load is how hard to drive. One of Rate and Concurrency is set.
type Load struct {
	Rate        int // Swipes begun a second, whatever becomes of the ones before (open loop).
	Concurrency int // Swipes at once, each begun when one ends (closed loop).
	Time        time.Duration
}

const (
	// openWorkers carry an open loop: enough that a stall of a second at the highest rates still finds one free.
	openWorkers = 1024
	longest     = int64(30 * time.Second / time.Microsecond)
	digits      = 3
)

// driven is what became of the swipes.
type driven struct {
	Approved, Declined, Failed int64
	elapsed                    time.Duration
	latencies                  *hdrhistogram.Histogram // Microseconds.
	FirstFailure               string
}

// drive swipes until the load's time is over. In an open loop a latency is counted from when its swipe was due, so
// that a stall counts for every swipe it delays (coordinated omission).
func drive(ctx context.Context, load Load, s *swiper) *driven {
	d := &driver{load: load, swiper: s, watch: clock.Start()}
	workers := load.Concurrency
	if load.Rate > 0 {
		workers = openWorkers
	}
	results := make([]*driven, workers)
	var group sync.WaitGroup
	for i := range workers {
		results[i] = &driven{latencies: hdrhistogram.New(1, longest, digits)}
		group.Go(func() { d.work(ctx, results[i]) })
	}
	group.Wait()
	return d.sum(results)
}

type driver struct {
	load   Load
	swiper *swiper
	watch  clock.Stopwatch
	begun  atomic.Int64
}

// work is one worker's share.
func (d *driver) work(ctx context.Context, into *driven) {
	for {
		due := d.due()
		if due >= d.load.Time || ctx.Err() != nil {
			return
		}
		if wait := due - d.watch.Elapsed(); wait > 0 && clock.Wait(ctx, wait) != nil {
			return
		}
		got, err := d.swiper.swipe(ctx)
		took := d.watch.Elapsed() - due
		_ = into.latencies.RecordValue(min(took.Microseconds(), longest)) // Within its bounds it cannot fail.
		into.count(got, err)
	}
}

// due is when the next swipe is to begin: by its number at a rate, else now.
func (d *driver) due() time.Duration {
	if d.load.Rate == 0 {
		return d.watch.Elapsed()
	}
	return time.Duration(d.begun.Add(1)-1) * time.Second / time.Duration(d.load.Rate)
}

func (r *driven) count(got answer, err error) {
	switch {
	case err != nil:
		r.Failed++
		if r.FirstFailure == "" {
			r.FirstFailure = err.Error()
		}
	case got.Outcome == "approved":
		r.Approved++
	default:
		r.Declined++
	}
}

func (d *driver) sum(results []*driven) *driven {
	total := &driven{elapsed: d.watch.Elapsed(), latencies: hdrhistogram.New(1, longest, digits)}
	for _, r := range results {
		total.Approved += r.Approved
		total.Declined += r.Declined
		total.Failed += r.Failed
		total.latencies.Merge(r.latencies)
		if total.FirstFailure == "" {
			total.FirstFailure = r.FirstFailure
		}
	}
	return total
}
