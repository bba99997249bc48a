package federation_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"farthing/cmd/farthing/federation"
	"farthing/pkg/foundation"
)

// counting is a process that has counted n of something and observed as many.
func counting(t *testing.T, name string, n int) (federation.Source, prometheus.Gatherer) {
	t.Helper()
	source, ground := process(t, name, func(env *foundation.Env) error {
		swipes := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "swipes_total", Help: "Swipes."}, []string{"outcome"})
		lag := prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "lag_seconds", Help: "Lag.", Buckets: []float64{1, 2, 4},
		})
		env.Metrics.MustRegister(swipes, lag)
		for i := range n {
			swipes.WithLabelValues([]string{"approved", "declined"}[i%2]).Inc()
			lag.Observe(float64(i))
		}
		return nil
	})
	return source, ground.Registry
}

// sums are what a reader of metrics makes of them who asks for no process: for each family, over all of its metrics.
func sums(all families) map[string]int64 {
	sums := make(map[string]int64)
	for name, family := range all {
		for _, m := range family.GetMetric() {
			key := name + " " + label(m, "outcome")
			sums[key] += int64(m.GetCounter().GetValue())
			sums[key+" count"] += int64(m.GetHistogram().GetSampleCount())
			for _, b := range m.GetHistogram().GetBucket() {
				sums[fmt.Sprintf("%s le %v", key, b.GetUpperBound())] += int64(b.GetCumulativeCount())
			}
		}
	}
	return sums
}

func TestSumsOverAPageAreTheSumsOfItsParts(t *testing.T) {
	var sources []federation.Source
	want := make(map[string]int64)
	for i, name := range []string{"service.cards", "service.balance", "service.balance-2"} {
		source, registry := counting(t, name, 3+i)
		sources = append(sources, source)
		gathered, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		part := make(families)
		for _, f := range gathered {
			part[f.GetName()] = f
		}
		for key, n := range sums(part) {
			want[key] += n
		}
	}
	got := sums(page(t, over(sources...)))
	for _, key := range []string{
		"swipes_total approved", "swipes_total declined", "lag_seconds  count", "lag_seconds  le 1", "lag_seconds  le 4",
	} {
		if got[key] != want[key] || want[key] == 0 {
			t.Errorf("%s: got %d, want %d", key, got[key], want[key])
		}
	}
}

func TestEveryMetricSaysWhoseItIs(t *testing.T) {
	own := prometheus.NewRegistry()
	restarts := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "restarts_total"}, []string{"process"})
	lives := prometheus.NewGauge(prometheus.GaugeOpts{Name: "lives"})
	own.MustRegister(restarts, lives)
	restarts.WithLabelValues("service.cards").Add(7)
	cards, _ := counting(t, "service.cards", 1)
	feed, _ := counting(t, "service.feed", 2)
	o := over(cards, feed)
	o.Own = own

	for range 2 { // The second look must not find what the first one wrote.
		got := page(t, o)
		for name, family := range got {
			for _, m := range family.GetMetric() {
				if label(m, "process") == "" {
					t.Errorf("a metric of %s has no process: %v", name, m)
				}
			}
		}
		if got.value("restarts_total", "service.cards") != 7 || got.value("lives", "supervisor") != 0 ||
			got.value("federation_up", "service.cards") != 1 || got.value("federation_up", "service.feed") != 1 ||
			len(got["go_goroutines"].GetMetric()) != 2 {
			t.Errorf("got %v", got)
		}
	}
}

func TestOnlyTheFamiliesThatAreNamedAreAskedFor(t *testing.T) {
	cards, _ := counting(t, "service.cards", 3)
	var asked string
	n := network{"a": func(w http.ResponseWriter, req *http.Request) {
		asked = req.URL.RawQuery
		says("swipes_total 1\n")(w, req)
	}}
	text := get(t, n.over("a"), "/metrics?name[]=swipes_total&name[]=x&other=1").Body.String()
	if got := parse(t, text); len(got) != 1 || got.value("swipes_total", "a") != 1 {
		t.Errorf("got %s", text)
	}
	if asked != "name%5B%5D=swipes_total&name%5B%5D=x" {
		t.Errorf("the process was asked for %s", asked)
	}
	text = get(t, over(cards), "/metrics?name[]=swipes_total").Body.String()
	if got := parse(t, text); len(got) != 1 || len(got["swipes_total"].GetMetric()) != 2 {
		t.Errorf("got %s", text)
	}
}

func TestHelpAndTypeAreWrittenOnce(t *testing.T) {
	n := network{
		"a": says("# HELP x Old words.\n# TYPE x counter\nx 1\n"),
		"b": says("# HELP x New words.\n# TYPE x counter\nx 2\n"),
	}
	text := get(t, n.over("a", "b"), "/metrics").Body.String()
	want := "# HELP x Old words.\n# TYPE x counter\nx{process=\"a\"} 1\nx{process=\"b\"} 2\n"
	if !strings.HasPrefix(text[strings.Index(text, "# HELP x"):], want) || strings.Count(text, " x ") != 2 {
		t.Errorf("got %s", text)
	}
}

func TestWhatContradictsAnotherIsLeftOutAndCounted(t *testing.T) {
	const histogram = "# TYPE x histogram\nx_bucket{le=\"+Inf\"} 1\nx_sum 1\nx_count 1\n"
	for name, c := range map[string]struct {
		first, second string
		leftOut       int64
	}{
		"another type":                      {"# TYPE x counter\nx 1\n", "# TYPE x gauge\nx 1\ny 1\n", 1},
		"a name that a histogram uses":      {histogram, "# TYPE x_count counter\nx_count 1\ny 1\n", 1},
		"a histogram that uses a name":      {"x_bucket 1\n", histogram + "y 1\n", 1},
		"speaking for another":              {"x{k=\"1\"} 1\n", "x{k=\"1\",process=\"a\"} 2\nx{k=\"2\"} 1\ny 1\n", 1},
		"a metric twice":                    {"x 1\n", "x 1\nx 2\ny 1\n", 1},
		"what the page itself has":          {"x 1\n", "federation_up{process=\"a\"} 0\nfederation_left_out 9\ny 1\n", 2},
		"nothing":                           {"x 1\n", "x 1\ny 1\n", 0},
		"an empty process, which is none":   {"x 1\n", "x{process=\"\"} 1\ny 1\n", 0},
		"a gauge's name beside a counter's": {"# TYPE x counter\nx 1\n", "# TYPE x_count gauge\nx_count 1\ny 1\n", 0},
	} {
		t.Run(name, func(t *testing.T) {
			got := page(t, network{"a": says(c.first), "b": says(c.second)}.over("a", "b"))
			if n := got.value("federation_left_out", "b"); n != c.leftOut {
				t.Errorf("left out %d, want %d: %v", n, c.leftOut, got)
			}
			if got.value("federation_left_out", "a") != 0 || got.value("y", "b") != 1 ||
				got.value("federation_up", "a") != 1 || got.value("federation_up", "b") != 1 {
				t.Errorf("what is sound is not shown: %v", got)
			}
		})
	}
}

func TestAProcessThatCannotBeReadIsDownAndDoesNotFailThePage(t *testing.T) {
	for name, door := range map[string]http.HandlerFunc{
		"HTML":           func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"an error":       func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusBadGateway) },
		"a label twice":  says("x{k=\"1\",k=\"2\"} 1\n"),
		"half a line":    says("x 1\ny{"),
		"a wrong number": says("x 1\ny one\n"),
		"elsewhere":      func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/metrics/", http.StatusFound) },
		"far too much":   says(strings.Repeat("# ....\n", 2<<20)),
	} {
		t.Run(name, func(t *testing.T) {
			o := network{"well": says("x 1\n"), "ill": door}.over("ill", "well", "gone")
			if got := page(t, o); got.value("federation_up", "ill") != 0 || got.value("federation_up", "gone") != 0 ||
				got.value("federation_up", "well") != 1 || got.value("x", "well") != 1 || len(got["x"].GetMetric()) != 1 {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestAProcessThatDoesNotRunIsDown(t *testing.T) {
	got := page(t, over(federation.Source{Process: "service.feed"}))
	if got.value("federation_up", "service.feed") != 0 {
		t.Errorf("got %v", got)
	}
}

func TestOpenMetricsAreForWhoAsksForThem(t *testing.T) {
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody)
	req.Header.Set("Accept", "application/openmetrics-text;version=1.0.0")
	rsp := send(t, network{"a": says("# TYPE x_total counter\nx_total 1\n")}.over("a"), req)
	body := rsp.Body.String()
	if !strings.Contains(body, "# TYPE x counter\nx_total{process=\"a\"} 1.0\n") || !strings.HasSuffix(body, "# EOF\n") {
		t.Errorf("got %s", body)
	}
}

// FuzzAnyPageMayBeMerged wants a page that can be parsed, whatever a process says, with the other one on it whole.
func FuzzAnyPageMayBeMerged(f *testing.F) {
	for _, seed := range []string{
		"x 1\nx{process=\"well\"} 2\n", "# TYPE h counter\nh 1\n", "# TYPE h_count gauge\nh_count NaN\n",
		"# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_sum 2\ns_count 3\n", "x{le=\"1\",le=\"2\"} 1\n", "\xff 1\n",
		"# TYPE federation_up histogram\nfederation_up_sum 1\n", "{\"x\",a=\"b\"} 1\n", "x", "# TYPE x\n",
		"# HELP x a\\\\b\\n\n# TYPE x untyped\nx{l=\"\\\"\\n\"} +Inf 1395066363000\n",
		"# TYPE g gaugehistogram\ng_bucket{le=\"1\"} 1.5\ng_gcount 2\n",
	} {
		f.Add(seed)
	}
	const well = "# TYPE c counter\nc{k=\"1\"} 5\n# TYPE h histogram\n" +
		"h_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n"
	f.Fuzz(func(t *testing.T, text string) {
		got := page(t, network{"well": says(well), "odd": says(text)}.over("well", "odd"))
		if got.value("c", "well") != 5 || got.value("federation_up", "well") != 1 ||
			got.value("federation_left_out", "well") != 0 {
			t.Fatalf("what the other says is not there: %v", got)
		}
		whole := func(m *dto.Metric) bool {
			return label(m, "process") == "well" && m.GetHistogram().GetSampleCount() == 2 &&
				len(m.GetHistogram().GetBucket()) == 2
		}
		if !slices.ContainsFunc(got["h"].GetMetric(), whole) {
			t.Fatalf("its histogram is not there: %v", got["h"])
		}
	})
}
