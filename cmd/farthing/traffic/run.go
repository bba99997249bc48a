package traffic

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"farthing/cmd/farthing/cardline"
	"farthing/pkg/clock"
	"farthing/service.card-api/iso8583"
)

// Load is how hard to drive, and with what.
type Load struct {
	Rate        int // Messages begun a second, whatever becomes of those before.
	Time        time.Duration
	Outstanding int // On each line, at most: beyond that messages wait, which counts.
	Seed        uint64
	Mix         Mix
}

// Report is what became of it. A latency counts from when the message was due, so that a stall counts for every message
// that it delays.
type Report struct {
	Sent       int64            `json:"sent"`
	Answers    map[string]int64 `json:"answers"` // By type and response code: "0110 00".
	Unanswered int64            `json:"unanswered"`
	// Changed are repeats that were told something else than the first: there must be none.
	Changed      int64  `json:"changed"`
	FirstFailure string `json:"first_failure,omitempty"`

	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"answered_per_second"`
	P50Millis float64 `json:"p50_ms"`
	P90Millis float64 `json:"p90_ms"`
	P99Millis float64 `json:"p99_ms"`
	MaxMillis float64 `json:"max_ms"`
}

const (
	// patience is a little more than the bank takes for any answer.
	patience = 2 * time.Second
	longest  = int64(30 * time.Second / time.Microsecond)
	digits   = 3
)

// driver sends what a plan draws over several lines.
type driver struct {
	load  Load
	plan  *plan
	lines []*cardline.Line
	slots []chan struct{} // Of each line.
	watch clock.Stopwatch

	mu        sync.Mutex // Guards the rest.
	report    Report
	latencies *hdrhistogram.Histogram // Microseconds.
}

// Run sends messages about these cards over these lines until the load's time is over or ctx has ended, and waits for
// the answers.
func Run(ctx context.Context, lines []*cardline.Line, cards []string, load Load) (*Report, error) {
	d := &driver{
		load: load, plan: newPlan(load.Seed, load.Mix, cards, clock.Real{}.Now()), lines: lines, watch: clock.Start(),
		report: Report{Answers: make(map[string]int64)}, latencies: hdrhistogram.New(1, longest, digits),
	}
	for range lines {
		d.slots = append(d.slots, make(chan struct{}, load.Outstanding))
	}
	err := d.drive(ctx)
	return d.sum(), err
}

func (d *driver) drive(ctx context.Context) error {
	var outstanding sync.WaitGroup
	defer outstanding.Wait()
	for n := 0; ; n++ {
		due := time.Duration(n) * time.Second / time.Duration(d.load.Rate)
		if due >= d.load.Time {
			return nil
		}
		if wait := due - d.watch.Elapsed(); wait > 0 && clock.Wait(ctx, wait) != nil {
			return nil // What was sent is reported nevertheless.
		}
		of, m, err := d.plan.next(clock.Real{}.Now())
		if err != nil {
			return fmt.Errorf("composing message %d: %w", n, err)
		}
		line := n % len(d.lines)
		select {
		case d.slots[line] <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		outstanding.Go(func() {
			defer func() { <-d.slots[line] }()
			d.ask(ctx, d.lines[line], of, m, due)
		})
	}
}

// ask sends one message, and waits for its answer though ctx ends: a network does not hang up.
func (d *driver) ask(ctx context.Context, line *cardline.Line, of *sent, m iso8583.Message, due time.Duration) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	reply, err := line.Ask(ctx, m)
	took := d.watch.Elapsed() - due
	changed := err == nil && isDefinite(reply) && of.tell(essence(reply))

	d.mu.Lock()
	defer d.mu.Unlock()
	d.report.Sent++
	if err != nil {
		d.report.Unanswered++
		if d.report.FirstFailure == "" {
			d.report.FirstFailure = failure(err)
		}
		return
	}
	d.report.Answers[reply.MTI+" "+reply.Get(iso8583.ResponseCode)]++
	if changed {
		d.report.Changed++
	}
	_ = d.latencies.RecordValue(min(took.Microseconds(), longest)) // Within its bounds it cannot fail.
}

func failure(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Sprintf("no answer within %v", patience)
	}
	return err.Error()
}

// isDefinite tells whether an answer may never change: after these a repeat may find out more, and an inquiry is
// answered with what there is then.
func isDefinite(reply iso8583.Message) bool {
	open := []string{iso8583.IssuerInoperative, iso8583.SystemMalfunction}
	return !slices.Contains(open, reply.Get(iso8583.ResponseCode)) &&
		!strings.HasPrefix(reply.Get(iso8583.ProcessingCode), "30")
}

// essence is what an answer says, without which call it was.
func essence(reply iso8583.Message) string {
	ids, _, _ := strings.Cut(reply.Get(iso8583.BankIDs), " TRACE=")
	return strings.Join([]string{
		reply.Get(iso8583.ResponseCode), reply.Get(iso8583.ApprovalCode), reply.Get(iso8583.AdditionalAmounts), ids,
	}, "|")
}

func (d *driver) sum() *Report {
	r := d.report
	r.Seconds = d.watch.Elapsed().Seconds()
	r.PerSecond = float64(d.latencies.TotalCount()) / r.Seconds
	millis := func(quantile float64) float64 { return float64(d.latencies.ValueAtQuantile(quantile)) / 1_000 }
	r.P50Millis, r.P90Millis, r.P99Millis = millis(50), millis(90), millis(99)
	r.MaxMillis = float64(d.latencies.Max()) / 1_000
	return &r
}
