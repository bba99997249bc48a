package logic_test

import (
	"testing"

	"pgregory.net/rapid"

	"farthing/service.payment/logic"
)

func TestNamesCompareAsPeopleExpect(t *testing.T) {
	for _, c := range []struct {
		typed, has string
		want       logic.NameCheck
	}{
		{"Ada Osborne", "Ada Osborne", logic.FullMatch},
		{"MS ADA OSBORNE", "Ada Osborne", logic.FullMatch},
		{"Osborne, Ada", "Ada Osborne", logic.FullMatch},
		{"A Osborne", "Ada Osborne", logic.CloseMatch},
		{"Ada Osborn", "Ada Osborne", logic.CloseMatch},
		{"Adam Osborne", "Ada Osborne", logic.CloseMatch},
		{"Grace Hopper", "Ada Osborne", logic.NoMatch},
		{"B Osborne", "Ada Osborne", logic.NoMatch},
		{"Li", "Lu", logic.NoMatch},
		{"", "Ada Osborne", logic.NoMatch},
	} {
		if got := logic.CompareNames(c.typed, c.has); got != c.want {
			t.Errorf("%q and %q: %v, want %v", c.typed, c.has, got, c.want)
		}
	}
}

func TestComparingNamesIsTheSameBothWays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.StringMatching(`[A-Ca-c ]{0,12}`).Draw(t, "a"), rapid.StringMatching(`[A-Ca-c ]{0,12}`).Draw(t, "b")
		if logic.CompareNames(a, b) != logic.CompareNames(b, a) {
			t.Fatalf("%q and %q differ by who asks", a, b)
		}
	})
}
