package catalogue_test

import (
	"slices"
	"strings"
	"testing"

	"farthing/service.merchant/catalogue"
)

func open(t testing.TB) *catalogue.Catalogue {
	t.Helper()
	c, err := catalogue.Open()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTheCatalogueKnowsTheHighStreet(t *testing.T) {
	c := open(t)
	for key, want := range map[string]string{
		"pretamanger": "Pret A Manger", "tesco": "Tesco", "mcdonalds": "McDonald's", "marksspencer": "M&S",
		"wetherspoon": "Wetherspoon", "edeka": "EDEKA", "tfl": "TfL",
	} {
		alias, ok := c.Alias(key)
		var names []string
		for b := range alias.Brands() {
			names = append(names, b.Name)
		}
		if !ok || !slices.Contains(names, want) {
			t.Errorf("%s: got %v, want %s", key, names, want)
		}
	}
}

func TestEveryBrandIsWellFormed(t *testing.T) {
	c := open(t)
	if c.Brands() < 15_000 || c.Aliases() < c.Brands() {
		t.Fatalf("%d brands, %d aliases: too few", c.Brands(), c.Aliases())
	}
	for key, alias := range c.Completions("", c.Aliases()) {
		if key != catalogue.Fold(key) {
			t.Errorf("key %q is not folded", key)
		}
		n := 0
		for b := range alias.Brands() {
			n++
			if b.Key == "" || b.Name == "" || len(b.Name) > 64 {
				t.Errorf("%s: brand %+v", key, b)
			}
			for kind := range strings.FieldsSeq(b.Kinds) {
				if _, ok := c.Kind(kind); !ok {
					t.Errorf("%s: no kind %q", b.Name, kind)
				}
			}
		}
		if n == 0 {
			t.Errorf("key %q leads nowhere", key)
		}
	}
}

func TestEveryKindHasACategoryOfThePublicAPI(t *testing.T) {
	categories := []string{"general", "eating_out", "expenses", "transport", "cash", "bills", "entertainment",
		"shopping", "holidays", "groceries"}
	kinds, err := catalogue.Kinds()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range kinds {
		if !slices.Contains(categories, k.Category) || k.Emoji == "" {
			t.Errorf("%s: category %q, emoji %q", k.Name, k.Category, k.Emoji)
		}
	}
}

func TestEveryCategoryCodeHasAKind(t *testing.T) {
	c := open(t)
	for _, code := range []string{"5812", "5814", "5411", "5541", "6011", "4111", "3000", "3642", "7995"} {
		m, ok := c.MCC(code)
		if _, known := c.Kind(m.Kind); !ok || !known || m.Description == "" {
			t.Errorf("%s: %+v", code, m)
		}
	}
}

func TestCountriesGoByBothTheirCodes(t *testing.T) {
	c := open(t)
	for code, want := range map[string]string{"GBR": "GB", "GB": "GB", "UK": "GB", "FRA": "FR", "USA": "US"} {
		if got, ok := c.Country(code); !ok || got != want {
			t.Errorf("%s: got %q", code, got)
		}
	}
	if got, ok := c.Country("LON"); ok {
		t.Errorf("LON: got %q", got)
	}
}

func TestTheLargestPlaceOfANameComesFirst(t *testing.T) {
	places, ok := open(t).Places("london")
	if !ok {
		t.Fatal("no London")
	}
	for p := range places.All() {
		if p.Country != "GB" {
			t.Errorf("the first is in %s", p.Country)
		}
		break
	}
	if p, ok := places.In("CA"); !ok || p.Name != "London" {
		t.Errorf("in Canada: %+v", p)
	}
}

func TestNamesFoldToOneKey(t *testing.T) {
	for key, names := range map[string][]string{
		"marksspencer": {"MARKS&SPENCER", "Marks & Spencer", "MARKS AND SPENCER"},
		"sainsburys":   {"Sainsbury's", "SAINSBURYS", "Sainsbury’s"},
		"caffenero":    {"Caffè Nero", "CAFFE NERO", "Caffe\u0300 Nero"},
		"strasse":      {"Straße", "STRASSE"},
		"coop":         {"Co-op", "CO OP"},
		"":             {"", "&", "and", "***", "\xff\xfe"},
	} {
		for _, name := range names {
			if got := catalogue.Fold(name); got != key {
				t.Errorf("%q: got %q, want %q", name, got, key)
			}
		}
	}
}

func TestADamagedFileIsRefused(t *testing.T) {
	for _, data := range []string{"", "nonsense", catalogue.Magic, catalogue.Magic + "\xff\xff\xff\xff\xff\xff\xff\xff"} {
		if _, err := catalogue.Parse(data); err == nil {
			t.Errorf("%q was taken", data)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		if _, err := catalogue.Open(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAlias(b *testing.B) {
	c := open(b)
	for b.Loop() {
		if _, ok := c.Alias("pretamanger"); !ok {
			b.Fatal("no Pret")
		}
	}
}
