package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"farthing/pkg/clock"
)

// reading is the bank's own metrics at a moment.
type reading map[string]*dto.MetricFamily

// read asks the admin door, for no more than is looked at: all that many processes count is a large page.
func read(ctx context.Context, client *http.Client, admin string) (reading, error) {
	wanted := url.Values{"name[]": {feedCounter, pushCounter, feedLag, pushLag, storeCounter, residentGauge}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, admin+"/metrics?"+wanted.Encode(), nil)
	if err != nil {
		return nil, err
	}
	rsp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("reading metrics: %w", err)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(rsp.Body)
	_, rest := io.Copy(io.Discard, rsp.Body)
	return families, errors.Join(err, rest, rsp.Body.Close())
}

// looker reads a bank's metrics.
func (t Target) looker() func(context.Context) (reading, error) {
	_, admin := t.doors(1)
	return func(ctx context.Context) (reading, error) { return read(ctx, admin, t.Admin) }
}

// counter sums a counter over its children with these labels.
func (r reading) counter(name string, labels map[string]string) int64 {
	var sum float64
	for _, m := range r[name].GetMetric() {
		if has(m, labels) {
			sum += m.GetCounter().GetValue()
		}
	}
	return int64(sum)
}

// conditionalWrites are those that the store answered, in all keyspaces.
func (r reading) conditionalWrites() int64 {
	var sum int64
	for _, outcome := range []string{"ok", "refused"} {
		sum += r.counter(storeCounter, map[string]string{operationLabel: "apply", outcomeLabel: outcome})
	}
	return sum
}

// Resident is how much memory the process of a bank has, in bytes; of a bank of several processes, one of them.
func Resident(ctx context.Context, target Target) (int64, error) {
	now, err := target.looker()(ctx)
	if err != nil {
		return 0, err
	}
	most := 0.0
	for _, m := range now[residentGauge].GetMetric() {
		most = max(most, m.GetGauge().GetValue())
	}
	return int64(most), nil
}

func has(m *dto.Metric, labels map[string]string) bool {
	found := 0
	for _, pair := range m.GetLabel() {
		if want, asked := labels[pair.GetName()]; asked && want == pair.GetValue() {
			found++
		}
	}
	return found == len(labels)
}

// quantileSince is the upper bound of the bucket that holds a histogram's quantile, of what was observed since an
// earlier reading. It is 0 when nothing was, and infinite beyond the last bucket.
func (r reading) quantileSince(before reading, name string, q float64) time.Duration {
	now, then := buckets(r[name]), buckets(before[name])
	total := now[math.Inf(1)] - then[math.Inf(1)]
	if total == 0 {
		return 0
	}
	lowest := math.Inf(1)
	for bound, count := range now {
		if float64(count-then[bound]) >= q*float64(total) && bound < lowest {
			lowest = bound
		}
	}
	if math.IsInf(lowest, 1) {
		return math.MaxInt64
	}
	return time.Duration(lowest * float64(time.Second))
}

func buckets(f *dto.MetricFamily) map[float64]uint64 {
	sums := make(map[float64]uint64)
	for _, m := range f.GetMetric() {
		for _, b := range m.GetHistogram().GetBucket() {
			sums[b.GetUpperBound()] += b.GetCumulativeCount()
		}
		sums[math.Inf(1)] = max(sums[math.Inf(1)], m.GetHistogram().GetSampleCount())
	}
	return sums
}

const (
	lookEvery    = 20 * time.Millisecond
	catchUpMax   = time.Minute
	feedCounter  = "feed_items_total"
	pushCounter  = "pushes_total"
	feedLag      = "feed_lag_seconds"
	pushLag      = "push_lag_seconds"
	lagQuantile  = 0.99
	outcomeLabel = "outcome"

	storeCounter   = "store_requests_total"
	operationLabel = "operation"

	residentGauge = "process_resident_memory_bytes"
)

// caughtUp waits until this many feed items and pushes have come since a reading, and answers how long that took.
func caughtUp(
	ctx context.Context, look func(context.Context) (reading, error), before reading, swipes int64,
) (reading, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, catchUpMax)
	defer cancel()
	delivered := map[string]string{outcomeLabel: "delivered"}
	watch := clock.Start()
	for {
		now, err := look(ctx)
		if err != nil {
			return nil, 0, err
		}
		items := now.counter(feedCounter, nil) - before.counter(feedCounter, nil)
		pushes := now.counter(pushCounter, delivered) - before.counter(pushCounter, delivered)
		if items >= swipes && pushes >= swipes {
			return now, watch.Elapsed(), nil
		}
		if clock.Wait(ctx, lookEvery) != nil {
			return nil, 0, fmt.Errorf("after %v the feed has %d items and the phones %d pushes of %d swipes",
				catchUpMax, items, pushes, swipes)
		}
	}
}
