package main

import (
	"strings"

	"farthing/service.merchant/catalogue"
)

// atlas turns the index's location sets into countries.
type atlas struct {
	known     map[string]bool
	continent map[string][]string // UN M49 to alpha-2.
}

// Regions within continents, which the index uses a few times: the whole continent is near enough.
var continentOf = map[string]string{
	"145": "142", "030": "142", "034": "142", "035": "142", "143": "142", "202": "002", "015": "002", "011": "002",
	"029": "019", "003": "019", "021": "019", "419": "019", "013": "019", "005": "019", "154": "150", "155": "150",
	"151": "150", "039": "150", "053": "009",
}

func newAtlas() (*atlas, error) {
	rows, err := catalogue.Countries()
	a := &atlas{known: map[string]bool{}, continent: map[string][]string{}}
	for _, c := range rows {
		a.known[c.Alpha2] = true
		a.continent[c.Continent] = append(a.continent[c.Continent], c.Alpha2)
	}
	return a, err
}

// countries takes country codes, UN M49 regions and names of parts of countries, as in gb-lon.geojson; circles on the
// map and a few odd names are passed over.
func (a *atlas) countries(include []any) map[string]bool {
	found := map[string]bool{}
	for _, place := range include {
		name, _ := place.(string)
		name = strings.ToUpper(strings.TrimSuffix(name, ".geojson"))
		country, _, _ := strings.Cut(name, "-")
		switch {
		case name == "001":
			found[catalogue.World] = true
		case country == "FX":
			found["FR"] = true
		case a.known[country]:
			found[country] = true
		default:
			if wider := continentOf[name]; wider != "" {
				name = wider
			}
			for _, country := range a.continent[name] {
				found[country] = true
			}
		}
	}
	return found
}
