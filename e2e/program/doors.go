package program

import (
	"bytes"
	"math"
	"net/http"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"farthing/e2e/world"
)

// Ask asks a door at an address, with these headers: name, value, name, value. It answers how the bank did, whatever
// that was.
func (b *Bank) Ask(t testing.TB, method, address, body string, headers ...string) world.Answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	answer, err := b.Do(req)
	if err != nil {
		t.Fatalf("%s %s was not answered: %v", method, address, err)
	}
	return answer
}

// Metrics are what the admin door showed at one moment, by name.
type Metrics map[string]*dto.MetricFamily

// Metrics reads them.
func (b *Bank) Metrics(t testing.TB) Metrics {
	t.Helper()
	page := b.Ask(t, http.MethodGet, b.Facts().Admin+"/metrics", "")
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(page.Body))
	if err != nil || page.Status != http.StatusOK {
		t.Fatalf("reading the metrics: %d, %v\n%s", page.Status, err, page.Body)
	}
	return families
}

// Counted is what a counter or gauge says for each process, in sum over those that have all these labels: name, value,
// name, value. In a bank of one process its name is "".
func (m Metrics) Counted(name string, labels ...string) map[string]int64 {
	sums := make(map[string]int64)
	for _, metric := range m[name].GetMetric() {
		has := make(map[string]string)
		for _, label := range metric.GetLabel() {
			has[label.GetName()] = label.GetValue()
		}
		if hasAll(has, labels) {
			sums[has["process"]] += int64(math.Round(metric.GetCounter().GetValue() + metric.GetGauge().GetValue()))
		}
	}
	return sums
}

func hasAll(has map[string]string, wanted []string) bool {
	for i := 0; i+1 < len(wanted); i += 2 {
		if has[wanted[i]] != wanted[i+1] {
			return false
		}
	}
	return true
}
