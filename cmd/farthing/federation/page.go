package federation

import (
	"maps"
	"slices"
	"strings"

	dto "github.com/prometheus/client_model/go"
)

// page is the metrics of several processes, merged. Of what contradicts each other it has what was added first.
type page struct {
	families map[string]*dto.MetricFamily
	seen     map[string]bool    // Metrics, by name and labels.
	leftOut  map[string]float64 // How much of each process is not there.
}

func newPage() *page {
	return &page{
		families: make(map[string]*dto.MetricFamily), seen: make(map[string]bool), leftOut: make(map[string]float64),
	}
}

func (p *page) add(process string, all shown) {
	leftOut := all.leftOut
	for _, family := range all.families {
		leftOut += p.merge(family)
	}
	p.leftOut[process] += float64(leftOut)
}

// merge answers how much it left out. Help may differ, as it does between two releases: the first is shown.
func (p *page) merge(family *dto.MetricFamily) (leftOut int) {
	name := family.GetName()
	into, known := p.families[name]
	if known && into.GetType() != family.GetType() || !known && p.collides(family) {
		return 1
	}
	if !known {
		into = &dto.MetricFamily{Name: family.Name, Help: family.Help, Type: family.Type}
		p.families[name] = into
	}
	for _, m := range family.GetMetric() {
		// Two processes have the same metric only if one of them speaks for the other.
		if id := identity(name, m); p.seen[id] {
			leftOut++
		} else {
			p.seen[id] = true
			into.Metric = append(into.Metric, m)
		}
	}
	return leftOut
}

// collides tells whether a new family would have a line in the text format that another's might be taken for.
func (p *page) collides(family *dto.MetricFamily) bool {
	name := family.GetName()
	if name == upName || name == leftOutName {
		return true
	}
	for _, suffix := range []string{"_bucket", "_count", "_sum"} {
		base, cut := strings.CutSuffix(name, suffix)
		if cut && flattened(p.families[base]) || flattened(family) && p.families[name+suffix] != nil {
			return true
		}
	}
	return false
}

// flattened tells whether the text format has several lines for one metric of the family.
func flattened(family *dto.MetricFamily) bool {
	if family == nil {
		return false
	}
	switch family.GetType() {
	case dto.MetricType_SUMMARY, dto.MetricType_HISTOGRAM, dto.MetricType_GAUGE_HISTOGRAM:
		return true
	default:
		return false
	}
}

// identity is what no two metrics of a page have in common. Labels stand in order of their names.
func identity(name string, m *dto.Metric) string {
	var id strings.Builder
	id.WriteString(name)
	for _, l := range m.GetLabel() {
		id.WriteByte(0xff) // Which no UTF-8 holds.
		id.WriteString(l.GetName())
		id.WriteByte(0xff)
		id.WriteString(l.GetValue())
	}
	return id.String()
}

func (p *page) sorted() []*dto.MetricFamily {
	families := make([]*dto.MetricFamily, 0, len(p.families))
	for _, name := range slices.Sorted(maps.Keys(p.families)) {
		families = append(families, p.families[name])
	}
	return families
}
