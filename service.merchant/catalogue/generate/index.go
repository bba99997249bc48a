package main

import (
	"encoding/binary"
	"maps"
	"slices"
	"strings"

	"farthing/service.merchant/catalogue"
	"farthing/service.merchant/catalogue/records"
)

// index is the records of all keys, sorted, and of all brands, in the order given.
func index(brands []*brand, weak func(key string) bool) (aliases, brandRecords []string) {
	type posting struct {
		brand  int
		strand strand
	}
	postings := map[string][]posting{}
	for i, b := range brands {
		brandRecords = append(brandRecords, b.record())
		for key, s := range b.keys {
			postings[key] = append(postings[key], posting{i, s})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(postings)) {
		strength, encoded := catalogue.Plain, []byte{}
		if len(key) <= 4 || weak(key) || strings.Trim(key, "0123456789") == "" {
			strength = catalogue.Weak
		}
		for _, p := range postings[key] { // In the order of brands.
			if p.strand.strength != catalogue.Plain {
				strength = p.strand.strength
			}
			number := uint64(p.brand) << 1 //nolint:gosec // An index.
			if p.strand.own {
				number |= 1
			}
			encoded = binary.AppendUvarint(encoded, number)
		}
		aliases = append(aliases, records.Fields(key)+string(rune(strength))+string(encoded))
	}
	return aliases, brandRecords
}

func (b *brand) record() string {
	b.Kinds = strings.Join(b.kinds, " ")
	b.Countries = strings.Join(slices.Sorted(maps.Keys(b.countries)), "")
	if b.countries[catalogue.World] {
		b.Countries = catalogue.World
	}
	return catalogue.EncodeBrand(b.Brand, b.website, b.logo)
}
