package metrics_test

import (
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"farthing/pkg/errs"
	"farthing/pkg/metrics"
)

// sums answers what was counted under a family's labels, by the value of one label, zeros left out.
func sums(t *testing.T, from prometheus.Gatherer, family, label string) map[string]float64 {
	t.Helper()
	families, err := from.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sum := make(map[string]float64)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				counted := m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
				if f.GetName() == family && l.GetName() == label && counted > 0 {
					sum[l.GetValue()] += counted
				}
			}
		}
	}
	return sum
}

func TestAnRPCIsCountedByTheClassOfItsOutcome(t *testing.T) {
	registry := prometheus.NewRegistry()
	rpcs, err := metrics.NewRPC(registry)
	if err != nil {
		t.Fatal(err)
	}
	reserve := rpcs.Method("/balance.v1.Balance/Reserve")
	for _, err := range []error{
		nil, nil, errs.New("not_found.card", "x"), errors.New("boom"), errs.New("novel", "x"), errs.MissingParam("x"),
	} {
		reserve.Observe(time.Millisecond, err)
	}
	want := map[string]float64{"ok": 2, "not_found": 1, "internal": 2, "bad_request": 1}
	if got := sums(t, registry, "rpc_requests_total", "code"); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	timed := map[string]float64{"/balance.v1.Balance/Reserve": 6}
	if got := sums(t, registry, "rpc_duration_seconds", "method"); !maps.Equal(got, timed) {
		t.Errorf("timed %v, want %v", got, timed)
	}
}

func TestARouteIsCountedByItsStatus(t *testing.T) {
	registry := prometheus.NewRegistry()
	routes, err := metrics.NewHTTP(registry)
	if err != nil {
		t.Fatal(err)
	}
	list := routes.Route("/accounts/:id", "GET")
	for _, status := range []int{200, 200, 404, 503} {
		list.Observe(time.Millisecond, status)
	}
	want := map[string]float64{"200": 2, "404": 1, "503": 1}
	if got := sums(t, registry, "http_requests_total", "status"); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	timed := map[string]float64{"/accounts/:id": 4}
	if got := sums(t, registry, "http_duration_seconds", "route"); !maps.Equal(got, timed) {
		t.Errorf("timed %v", got)
	}
}

func TestServicesShareAProcessAndOneServiceMayAskTwice(t *testing.T) {
	registry := prometheus.NewRegistry()
	for _, service := range []string{"service.feed", "service.balance", "service.feed"} {
		labelled := prometheus.WrapRegistererWith(prometheus.Labels{"service": service}, registry)
		rpcs, err := metrics.NewRPC(labelled)
		if err != nil {
			t.Fatalf("%s: %v", service, err)
		}
		if _, err := metrics.NewRPCClient(labelled); err != nil {
			t.Fatalf("calls of %s: %v", service, err)
		}
		if _, err := metrics.NewHTTP(labelled); err != nil {
			t.Fatalf("routes of %s: %v", service, err)
		}
		rpcs.Method("/x.v1.X/Do").Observe(time.Millisecond, nil)
	}
	want := map[string]float64{"service.feed": 2, "service.balance": 1}
	if got := sums(t, registry, "rpc_requests_total", "service"); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTheNamesAreAsPrometheusWantsThem(t *testing.T) {
	registry := prometheus.NewRegistry()
	rpcs, err := metrics.NewRPC(registry)
	if err != nil {
		t.Fatal(err)
	}
	rpcs.Method("/x.v1.X/Do").Observe(time.Millisecond, nil)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}

func BenchmarkObserve(b *testing.B) {
	rpcs, err := metrics.NewRPC(prometheus.NewRegistry())
	if err != nil {
		b.Fatal(err)
	}
	m := rpcs.Method("/x.v1.X/Do")
	b.ReportAllocs()
	for b.Loop() {
		m.Observe(time.Millisecond, nil)
	}
}
