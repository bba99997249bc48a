package cassandra_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/store"
	"farthing/pkg/store/cassandra/cassandratest"
)

// BenchmarkPosting is the ledger's batch (statics, an entry, an id row), each client on an account of its own. It tells
// the median and the 99th hundredth of what a client waits.
func BenchmarkPosting(b *testing.B) {
	s := cassandratest.Open(b)
	if err := s.Migrate(b.Context(), schema); err != nil {
		b.Fatal(err)
	}
	table := accounts.On(store.NewKeyspace("bank", s.Open("bank")))
	var run atomic.Int64
	for _, clients := range []int{1, 64} {
		b.Run(fmt.Sprintf("%d clients", clients), func(b *testing.B) {
			left, waits := new(atomic.Int64), make([][]time.Duration, clients)
			left.Store(int64(b.N))
			var group sync.WaitGroup
			for c := range clients {
				account := fmt.Sprintf("acc_%d_%d", run.Add(1), c)
				group.Go(func() { waits[c] = postings(b, table, account, left) })
			}
			group.Wait()
			all := slices.Concat(waits...)
			slices.Sort(all)
			if b.Failed() {
				return
			}
			b.ReportMetric(float64(len(all))/b.Elapsed().Seconds(), "postings/s")
			b.ReportMetric(float64(all[len(all)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), "p99-µs")
		})
	}
}

// postings posts to an account until none are left, and tells how long each took.
func postings(b *testing.B, table store.Conditional[accountRow], account string, left *atomic.Int64) []time.Duration {
	var waits []time.Duration
	open := table.Batch(account).IfNull("version").SetStatics(accountRow{State: make([]byte, 200)})
	if answer, err := open.Apply(b.Context()); err != nil || !answer.OK {
		b.Errorf("opening: %+v, %v", answer, err)
		return nil
	}
	for version := int64(0); left.Add(-1) >= 0; version++ {
		id, watch := fmt.Sprint("id_", version), clock.Start()
		answer, err := table.Batch(account).If("version", version).If("closed", false).
			SetStatics(accountRow{Version: version + 1, State: []byte(strings.Repeat("s", 200))}).
			Insert(accountRow{Kind: 1, ID: id, Amount: 3_50}).
			InsertNew(accountRow{ID: id, Outcome: "approved"}).Apply(b.Context())
		if err != nil || !answer.OK {
			b.Errorf("posting: %+v, %v", answer, err)
			return nil
		}
		waits = append(waits, watch.Elapsed())
	}
	return waits
}
