package e2e_test

import (
	"fmt"
	"testing"

	dto "github.com/prometheus/client_model/go"

	"farthing/e2e/world"
	"farthing/pkg/store"
	"farthing/pkg/store/faults"
)

// BenchmarkOneSwipe counts what one swipe asks of the store and of the services, from the card edge to the phone, one
// swipe at a time. The figures are in docs/performance.md.
func BenchmarkOneSwipe(b *testing.B) {
	var counter faults.Counter
	w := world.New(b, world.Options{Store: func(s store.Store) store.Store { return counter.Store(s) }})
	ada := w.Customer(b, "ada", 1_000_000_00)
	swipe := func(name string) {
		pushed := w.Apple.Book().Total()
		w.Swipe(b, ada, name, 1, "PRET A MANGER 1234 LONDON GBR")
		if err := w.Apple.Book().Wait(b.Context(), pushed+1); err != nil {
			b.Fatal(err)
		}
	}
	swipe("the first of a minute")
	before, calls := counter.Counts(), rpcs(b, w)
	b.ReportAllocs()
	b.ResetTimer()
	for n := range b.N {
		swipe(fmt.Sprint("swipe-", n))
	}
	b.StopTimer()
	each := func(total int64) float64 { return float64(total) / float64(b.N) }
	for op, n := range counter.Counts() {
		b.ReportMetric(each(n-before[op]), op.String()+"/op")
	}
	b.ReportMetric(each(rpcs(b, w)-calls), "rpc/op")
}

// rpcs is how many calls were answered so far.
func rpcs(b *testing.B, w *world.World) int64 {
	b.Helper()
	families, err := w.Bank.Registry.Gather()
	if err != nil {
		b.Fatal(err)
	}
	var total int64
	for _, family := range families {
		if family.GetName() == "rpc_requests_total" {
			total += sum(family.GetMetric())
		}
	}
	return total
}

func sum(all []*dto.Metric) int64 {
	var total int64
	for _, each := range all {
		total += int64(each.GetCounter().GetValue())
	}
	return total
}
