package main

import (
	"maps"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"farthing/service.merchant/catalogue"
	"farthing/service.merchant/catalogue/records"
)

func TestLocationSetsBecomeCountries(t *testing.T) {
	world, err := newAtlas()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		include []any
		want    []string
	}{
		{[]any{"gb", "ie"}, []string{"GB", "IE"}},
		{[]any{"gb-lon.geojson", "gb-eng", "fx"}, []string{"FR", "GB"}},
		{[]any{"001"}, []string{catalogue.World}},
		{[]any{[]any{-83.4, 37.8, 115.0}, "mainland china", "zz"}, nil},
	} {
		if got := slices.Sorted(maps.Keys(world.countries(c.include))); !slices.Equal(got, c.want) {
			t.Errorf("%v: got %v, want %v", c.include, got, c.want)
		}
	}
	if europe := world.countries([]any{"150"}); !europe["GB"] || !europe["FR"] || europe["US"] {
		t.Errorf("Europe is %v", europe)
	}
}

func TestLogosAreFilesAtCommons(t *testing.T) {
	for address, want := range map[string]string{
		"https://commons.wikimedia.org/wiki/Special:FilePath/Next Group logo.svg": "Next Group logo.svg",
		"https://commons.wikimedia.org/w/index.php?title=Special%3ARedirect%2Ffile%2FTesco%20logo.png&width=150": "" +
			"Tesco logo.png",
		"https://example.org/wiki/Special:FilePath/x.svg": "",
		"": "",
	} {
		var l links
		l.Logos.Wikidata = address
		if got := l.logoFile(); got != want {
			t.Errorf("%q: got %q, want %q", address, got, want)
		}
	}
}

func TestWebsitesAreForCustomersAtHome(t *testing.T) {
	var l links
	l.Identities.Website = "https://www.pret.com/"
	if got := l.website(); got != "www.pret.com" {
		t.Errorf("got %q", got)
	}
	l.OfficialWebsites = []string{"https://www.pret.com/", "https://www.pret.co.uk/"}
	if got := l.website(); got != "www.pret.co.uk" {
		t.Errorf("got %q", got)
	}
	l = links{}
	l.Identities.Website = "javascript:alert(1)"
	if got := l.website(); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestTheNarrowestRangeGivesTheKind(t *testing.T) {
	kindOf, err := mccKinds()
	if err != nil {
		t.Fatal(err)
	}
	for code, want := range map[string]string{"1711": "trades", "2791": "professional", "3000": "airline",
		"3351": "car_hire", "3999": "hotel", "5411": "supermarket", "6011": "atm"} {
		if got := kindOf(code); got != want {
			t.Errorf("%s: got %q, want %q", code, got, want)
		}
	}
}

func TestOurBrandsTakeInWhatTheIndexHas(t *testing.T) {
	entry := func(name, id, kind, country, alias string) *brand {
		b := ourBrand([]string{name, kind, "", country, "", alias})
		b.wikidata, b.Key = id, id
		return b
	}
	tesco := ourBrand([]string{"Tesco", "supermarket", "🛒", "gb", "", "tesco"})
	categories, err := categoriesOfKinds()
	if err != nil {
		t.Fatal(err)
	}
	left := tesco.adopt([]*brand{
		entry("Tesco", "Q487494", "supermarket", "gb", "tesco"),
		entry("Tesco", "Q487494", "fuel", "gb", "tesco"),
		entry("Tesco", "Q1", "hotel", "gb", "tesco"),    // A namesake.
		entry("Tesco", "Q2", "supermarket", "us", "ts"), // Elsewhere.
	}, categories)
	if tesco.Key != "Q487494" || !slices.Equal(tesco.kinds, []string{"supermarket", "fuel"}) || len(left) != 2 {
		t.Errorf("key %s, kinds %v, left %d", tesco.Key, tesco.kinds, len(left))
	}
}

func TestOrdinaryWordsAreWeakNames(t *testing.T) {
	brands := []*brand{
		ourBrand([]string{"Next", "clothes", "👕", "gb", "", "~next;next retail"}),
		{keys: map[string]strand{"reading": {}, "bp": {}, "superdrug": {}}},
	}
	aliases, _ := index(brands, func(key string) bool { return key == "reading" })
	want := map[string]catalogue.Strength{"next": catalogue.Weak, "nextretail": catalogue.Strong,
		"reading": catalogue.Weak, "bp": catalogue.Weak, "superdrug": catalogue.Plain}
	for _, a := range aliases {
		key, rest := records.Field(a)
		if got, _ := records.Uvarint(rest); catalogue.Strength(got) != want[key] {
			t.Errorf("%s: strength %d, want %d", key, got, want[key])
		}
	}
	if len(aliases) != len(want) {
		t.Errorf("%d aliases", len(aliases))
	}
}

func TestACityIsRead(t *testing.T) {
	var message []byte
	message = protowire.AppendTag(message, 2, protowire.BytesType)
	message = protowire.AppendString(message, "Leeds")
	message = protowire.AppendTag(message, 3, protowire.BytesType)
	message = protowire.AppendString(message, "GB")
	message = protowire.AppendTag(message, 9, protowire.VarintType)
	message = protowire.AppendVarint(message, 455123)
	data := protowire.AppendBytes(nil, message)
	got, used, err := parseCity(append(data, "next"...))
	want := place{catalogue.Place{Country: "GB", Name: "Leeds"}, 455123}
	if err != nil || got != want || used != len(data) {
		t.Errorf("got %+v, %d, %v", got, used, err)
	}
	for cut := range data {
		if _, _, err := parseCity(data[:cut]); err == nil {
			t.Errorf("cut at %d: no error", cut)
		}
	}
}
