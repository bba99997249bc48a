package logic_test

import (
	_ "embed"
	"testing"

	"farthing/service.merchant/catalogue"
	"farthing/service.merchant/logic"
)

//go:embed testdata/labelled.tsv
var labelledTSV string

// label is a descriptor and what a person says it is.
type label struct {
	descriptor, mcc      string
	known                bool
	name, category, city string
	country              string
}

func labels(t testing.TB) []label {
	t.Helper()
	rows, err := catalogue.Rows(labelledTSV, 7)
	if err != nil {
		t.Fatal(err)
	}
	var all []label
	for _, row := range rows {
		all = append(all, label{row[0], row[1], row[2] == "+", row[3], row[4], row[5], row[6]})
	}
	return all
}

func newResolver(t testing.TB) *logic.Resolver {
	t.Helper()
	c, err := catalogue.Open()
	if err != nil {
		t.Fatal(err)
	}
	return logic.NewResolver(c)
}

// share counts how often something was right.
type share struct{ right, of int }

func (s *share) count(right bool) {
	s.of++
	if right {
		s.right++
	}
}

func (s share) percent() int { return 100 * s.right / max(1, s.of) }

func TestMostDescriptorsAreUnderstoodAsAPersonWould(t *testing.T) {
	r := newResolver(t)
	var brands, names, categories, cities, countries share
	for _, want := range labels(t) {
		got := r.Resolve(want.descriptor, want.mcc)
		named := got.Known == want.known && got.Name == want.name
		switch {
		case want.known:
			brands.count(named)
		case got.Known:
			t.Errorf("%q, %s: took it for the brand %s (%s)", want.descriptor, want.mcc, got.Name, got.Kind)
		default:
			names.count(named)
		}
		categories.count(got.Category == want.category)
		cities.count(got.City == want.city)
		countries.count(got.Country == want.country)
		if !named || got.Category != want.category || got.City != want.city || got.Country != want.country {
			t.Logf("miss: %q, %s\n\tgot  %s, %s, %q, %q, known %v\n\twant %s, %s, %q, %q, known %v",
				want.descriptor, want.mcc, got.Name, got.Category, got.City, got.Country, got.Known,
				want.name, want.category, want.city, want.country, want.known)
		}
	}
	for what, s := range map[string]share{
		"brands": brands, "names": names, "categories": categories, "cities": cities, "countries": countries,
	} {
		t.Logf("%s: %d of %d, %d%%", what, s.right, s.of, s.percent())
		if s.percent() < 95 {
			t.Errorf("%s: only %d%% right, want 95%%", what, s.percent())
		}
	}
}
