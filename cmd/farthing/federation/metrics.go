package federation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"google.golang.org/protobuf/proto"
)

// serveMetrics shows the metrics of all processes on one page, in the format that is asked for.
func (f *federation) serveMetrics(sources []Source, w http.ResponseWriter, req *http.Request) {
	names := url.Values{nameParam: req.URL.Query()[nameParam]} // promhttp leaves out the others, here and there.
	promhttp.HandlerFor(given(f.gather(req.Context(), sources, names)), promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(f.Log.Handler(), slog.LevelWarn), ErrorHandling: promhttp.ContinueOnError,
		EnableOpenMetrics:  true,
		DisableCompression: true, // It costs more than loopback.
	}).ServeHTTP(w, req)
}

// nameParam asks for some families only, which spares somebody who looks often most of the work.
const nameParam = "name[]"

// given is a gatherer of families that were gathered before.
func given(families []*dto.MetricFamily) prometheus.Gatherer {
	return prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { return families, nil })
}

func (f *federation) gather(ctx context.Context, sources []Source, names url.Values) []*dto.MetricFamily {
	page := newPage()
	if f.Own != nil {
		own, err := f.Own.Gather()
		if err != nil {
			f.Log.WarnContext(ctx, "some of the supervisor's own metrics cannot be shown", "reason", err)
		}
		page.add(supervisor, checked(supervisor, own))
	}
	up := make(map[string]float64)
	read := func(ctx context.Context, s Source) (shown, error) { return f.scrape(ctx, s, names) }
	for _, a := range askAll(ctx, sources, read) {
		up[a.source.Process] = 0
		if a.err == nil {
			up[a.source.Process] = 1
			page.add(a.source.Process, a.value)
		}
	}
	return append(page.sorted(),
		gauges(upName, "Whether the process's metrics could be read, and are on this page.", up),
		gauges(leftOutName, "Families and metrics of the process that are not on this page, for they are malformed "+
			"or contradict another's.", page.leftOut))
}

// The metrics of the page itself. What a process calls so is left out.
const (
	upName      = "federation_up"
	leftOutName = "federation_left_out"
	// processLabel says whose a metric is.
	processLabel = "process"
)

func gauges(name, help string, values map[string]float64) *dto.MetricFamily {
	family := &dto.MetricFamily{Name: &name, Help: &help, Type: dto.MetricType_GAUGE.Enum()}
	for _, process := range slices.Sorted(maps.Keys(values)) {
		family.Metric = append(family.Metric, &dto.Metric{
			Label: []*dto.LabelPair{{Name: proto.String(processLabel), Value: &process}},
			Gauge: &dto.Gauge{Value: proto.Float64(values[process])},
		})
	}
	return family
}

// shown is what one process has for the page: families in order of their names, each sound by itself.
type shown struct {
	families []*dto.MetricFamily
	leftOut  int
}

func (f *federation) scrape(ctx context.Context, s Source, names url.Values) (shown, error) {
	var families map[string]*dto.MetricFamily
	err := f.get(ctx, s, "/metrics?"+names.Encode(), func(rsp *http.Response) (err error) {
		if said := expfmt.ResponseFormat(rsp.Header); said.FormatType() != expfmt.TypeTextPlain {
			return errors.New("it is not in the text format of metrics")
		}
		parser := expfmt.NewTextParser(model.LegacyValidation)
		families, err = parser.TextToMetricFamilies(rsp.Body)
		return err
	})
	if err != nil {
		return shown{}, fmt.Errorf("reading metrics: %w", err)
	}
	byName := func(a, b *dto.MetricFamily) int { return cmp.Compare(a.GetName(), b.GetName()) }
	return checked(s.Process, slices.SortedFunc(maps.Values(families), byName)), nil
}

// checked says whose the families are, and leaves out what no page may hold: labels twice, metrics twice.
func checked(process string, families []*dto.MetricFamily) shown {
	ours := make([]*dto.MetricFamily, len(families))
	for i, family := range families {
		ours[i] = labelled(process, family)
	}
	sound, err := prometheus.Gatherers{given(ours)}.Gather()
	return shown{sound, problemsIn(err)}
}

func problemsIn(err error) int {
	if err == nil {
		return 0
	}
	if many, ok := errors.AsType[prometheus.MultiError](err); ok {
		return len(many)
	}
	return 1
}

// labelled is a copy, for a registry's own families are not ours to change.
func labelled(process string, family *dto.MetricFamily) *dto.MetricFamily {
	copied := &dto.MetricFamily{Name: family.Name, Help: family.Help, Type: family.Type}
	for _, m := range family.GetMetric() {
		copied.Metric = append(copied.Metric, &dto.Metric{
			Label: withProcess(process, m.GetLabel()), Gauge: m.Gauge, Counter: m.Counter, Summary: m.Summary,
			Untyped: m.Untyped, Histogram: m.Histogram, TimestampMs: m.TimestampMs,
		})
	}
	return copied
}

func withProcess(process string, labels []*dto.LabelPair) []*dto.LabelPair {
	whose := &dto.LabelPair{Name: proto.String(processLabel), Value: &process}
	all := []*dto.LabelPair{whose}
	for _, l := range labels {
		switch {
		case l.GetName() != processLabel:
			all = append(all, l)
		case l.GetValue() != "": // An empty label is none.
			whose.Value = l.Value
		}
	}
	return all
}
