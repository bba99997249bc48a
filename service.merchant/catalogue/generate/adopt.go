package main

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"farthing/service.merchant/catalogue"
)

//go:embed sources/brands.tsv
var brandsTSV string

// adopt lets each brand of ours take in what the index has on it, and returns ours and what is left of the index.
func adopt(indexed []*brand) ([]*brand, error) {
	rows, err := catalogue.Rows(brandsTSV, 6)
	if err != nil {
		return nil, err
	}
	categories, err := categoriesOfKinds()
	if err != nil {
		return nil, err
	}
	var ours []*brand
	for _, row := range rows {
		b := ourBrand(row)
		if categories[b.kinds[0]] == "" {
			return nil, fmt.Errorf("%s: no kind %q", b.Name, b.kinds[0])
		}
		ours = append(ours, b)
		indexed = b.adopt(indexed, categories)
	}
	return append(ours, indexed...), nil
}

func categoriesOfKinds() (map[string]string, error) {
	kinds, err := catalogue.Kinds()
	categories := map[string]string{}
	for _, k := range kinds {
		categories[k.Name] = k.Category
	}
	return categories, err
}

func ourBrand(row []string) *brand {
	b := &brand{
		Brand: catalogue.Brand{
			Key: "name:" + catalogue.Fold(row[0]), Name: row[0], Emoji: row[2], Online: row[4] == "online",
		},
		kinds: []string{row[1]}, countries: map[string]bool{}, keys: map[string]strand{},
	}
	for country := range strings.FieldsSeq(strings.ToUpper(row[3])) {
		b.countries[country] = true
	}
	for alias := range strings.SplitSeq(row[5], ";") {
		name, isWeak := strings.CutPrefix(alias, "~")
		if key := catalogue.Fold(name); key != "" {
			b.keys[key] = strand{own: true, strength: catalogue.Strong}
			if isWeak {
				b.keys[key] = strand{own: true, strength: catalogue.Weak}
			}
		}
	}
	return b
}

// adopt takes in those entries of the index that go by a name of b's own, trade where b does, and do what b does, or
// have the Wikidata id of one that does. It returns the others.
func (b *brand) adopt(indexed []*brand, categories map[string]string) []*brand {
	same := func(other *brand) bool {
		_, named := b.keys[catalogue.Fold(other.Name)]
		return named && b.meets(other)
	}
	for _, other := range indexed {
		if same(other) && b.wikidata == "" && categories[other.kinds[0]] == categories[b.kinds[0]] {
			b.wikidata = other.wikidata
		}
	}
	return slices.DeleteFunc(indexed, func(other *brand) bool {
		if !same(other) || (other.wikidata != b.wikidata && categories[other.kinds[0]] != categories[b.kinds[0]]) {
			return false
		}
		b.take(other)
		return true
	})
}

// take merges the index's entry, though not the names that it merely also goes by: ours are the better judged ones.
func (b *brand) take(other *brand) {
	taken := *other
	taken.keys = nil
	b.merge(&taken)
	if b.wikidata != "" {
		b.Key = b.wikidata
	}
}

func (b *brand) meets(other *brand) bool {
	if b.countries[catalogue.World] || other.countries[catalogue.World] {
		return true
	}
	for country := range b.countries {
		if other.countries[country] {
			return true
		}
	}
	return false
}
