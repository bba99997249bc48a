package main

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"farthing/service.merchant/catalogue"
	"farthing/service.merchant/catalogue/records"
)

//go:embed sources/places.tsv
var placesTSV string

// Smaller places are left out. At home, nearly every village with a shop is worth having.
const (
	home           = "GB"
	minimumAtHome  = 1_000
	minimumNearby  = 10_000
	minimumFarAway = 25_000
	nearby         = "IE FR ES PT IT NL BE DE AT CH DK US GG JE IM"
)

type place struct {
	catalogue.Place
	population uint64
}

// places are all places of each folded name.
type places map[string][]place

func readPlaces(ctx context.Context, f fetcher) (places, error) {
	data, err := f.file(ctx, cities, "cities.pbf")
	if err != nil {
		return nil, err
	}
	found := places{}
	for len(data) > 0 {
		p, used, err := parseCity(data)
		if err != nil {
			return nil, err
		}
		data = data[used:]
		if p.population >= minimum(p.Country) {
			found.add(p, p.Name)
		}
	}
	rows, err := catalogue.Rows(placesTSV, 3)
	for _, row := range rows {
		p := place{catalogue.Place{Name: row[0], Country: row[1]}, math.MaxUint64} // Ours go first.
		found.add(p, p.Name)
		for alias := range strings.SplitSeq(row[2], ";") {
			found.add(p, alias)
		}
	}
	return found, err
}

func minimum(country string) uint64 {
	switch {
	case country == home:
		return minimumAtHome
	case strings.Contains(nearby, country):
		return minimumNearby
	}
	return minimumFarAway
}

// add keeps the larger of two places that have name and country in common.
func (p places) add(added place, name string) {
	key := catalogue.Fold(name)
	if len(key) < 3 {
		return
	}
	for i, other := range p[key] {
		if other.Country == added.Country {
			if other.population < added.population {
				p[key][i] = added
			}
			return
		}
	}
	p[key] = append(p[key], added)
}

func (p places) records(ordinary map[string]bool) []string {
	var list []string
	for _, key := range slices.Sorted(maps.Keys(p)) {
		slices.SortFunc(p[key], func(a, b place) int {
			return cmp.Or(cmp.Compare(b.population, a.population), cmp.Compare(a.Country, b.Country))
		})
		flags := "\x00"
		if ordinary[key] {
			flags = "\x01"
		}
		fields := []string{}
		for _, place := range p[key] {
			fields = append(fields, place.Country+place.Name)
		}
		list = append(list, records.Fields(key)+flags+records.Fields(fields...))
	}
	return list
}

// parseCity reads one city of the package's protobuf stream; the numbers of the fields are its own.
func parseCity(data []byte) (place, int, error) {
	const nameField, countryField, populationField = 2, 3, 9
	message, used := protowire.ConsumeBytes(data)
	if used < 0 {
		return place{}, 0, errors.New("cut short")
	}
	var p place
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeField(message)
		if n < 0 {
			return place{}, 0, errors.New("no field")
		}
		value := message[protowire.SizeTag(number):n]
		switch {
		case number == populationField:
			p.population, _ = protowire.ConsumeVarint(value)
		case kind == protowire.BytesType && number == nameField:
			p.Name, _ = protowire.ConsumeString(value)
		case kind == protowire.BytesType && number == countryField:
			p.Country, _ = protowire.ConsumeString(value)
		}
		message = message[n:]
	}
	return p, used, nil
}
