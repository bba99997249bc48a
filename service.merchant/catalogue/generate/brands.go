package main

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"farthing/service.merchant/catalogue"
)

// brand is one brand on its way into the file.
type brand struct {
	catalogue.Brand
	kinds     []string
	countries map[string]bool   // Alpha-2, or World.
	keys      map[string]strand // Folded names that it goes by.
	wikidata  string

	website, logo string
}

// strand is how a brand hangs on a key.
type strand struct {
	own      bool // Its very name.
	strength catalogue.Strength
}

// readBrands are the index's brands and ours, merged, in the order of their keys.
func readBrands(ctx context.Context, f fetcher) ([]*brand, error) {
	indexed, err := readIndex(ctx, f)
	if err != nil {
		return nil, err
	}
	merged, err := adopt(indexed)
	if err != nil {
		return nil, err
	}
	if err := addLinks(ctx, f, merged); err != nil {
		return nil, err
	}
	slices.SortFunc(merged, func(a, b *brand) int {
		return strings.Compare(a.Key+"\x00"+a.Name, b.Key+"\x00"+b.Name)
	})
	return merged, nil
}

// item is an entry of the name-suggestion-index.
type item struct {
	DisplayName string
	LocationSet struct{ Include []any }
	MatchNames  []string
	Tags        map[string]string
}

// readIndex merges the index's entries: one brand's supermarkets and petrol stations are one brand of two kinds.
func readIndex(ctx context.Context, f fetcher) ([]*brand, error) {
	data, err := f.file(ctx, brandIndex, "dist/json/nsi.min.json")
	if err != nil {
		return nil, err
	}
	var index struct {
		NSI map[string]struct{ Items []item }
	}
	if err := json.Unmarshal(data, &index); err != nil {
		return nil, err
	}
	kinds, err := catalogue.Kinds()
	if err != nil {
		return nil, err
	}
	world, err := newAtlas()
	if err != nil {
		return nil, err
	}

	byKey, merged := map[string]*brand{}, []*brand{}
	for _, kind := range kinds { // In the order of kinds, so that the likeliest comes first in a brand.
		for tag := range strings.SplitSeq(kind.Tags, ",") {
			for _, tree := range []string{"brands/", "operators/", "transit/"} {
				for _, it := range index.NSI[tree+tag].Items {
					b := brandOf(it, kind, world)
					if b == nil || !worthwhile(tree, kind.Name, b) {
						continue
					}
					mergeKey := b.Key + "\x00" + catalogue.Fold(b.Name)
					if known := byKey[mergeKey]; known != nil {
						known.merge(b)
						continue
					}
					byKey[mergeKey] = b
					merged = append(merged, b)
				}
			}
		}
	}
	return merged, nil
}

// worthwhile leaves out what would do more harm than good: operators that are cities, schools and companies with
// names that are no shop's. A bus network called after its town is known by nothing but the town.
func worthwhile(tree, kind string, b *brand) bool {
	switch tree {
	case "operators/":
		return slices.Contains([]string{"parking", "car_hire", "charging", "services", "energy", "water"}, kind)
	case "transit/":
		return kind != "bus" || strings.Contains(b.Name, " ")
	}
	return true
}

var (
	brackets = regexp.MustCompile(`\s*[(（].*$`)
	plainKey = regexp.MustCompile(`^[a-z0-9]+$`)
)

// nameTags hold names in writing that a card descriptor can hold; the earlier is the likelier to be displayed.
var nameTags = []string{"name", "brand", "name:en", "brand:en", "network", "operator", "operator:en", "int_name",
	"short_name", "short_name:en", "brand:short", "official_name", "official_name:en", "alt_name", "alt_name:en"}

// brandOf is nil where the brand has no name in Latin letters: no descriptor could name it.
func brandOf(it item, kind catalogue.Kind, world *atlas) *brand {
	b := &brand{kinds: []string{kind.Name}, keys: map[string]strand{}}
	for _, name := range append([]string{it.Tags["name"], it.DisplayName}, displayNames(it)...) {
		name = brackets.ReplaceAllString(strings.TrimSpace(name), "")
		if plainKey.MatchString(catalogue.Fold(name)) {
			b.Name = strings.TrimSuffix(name, ".")
			break
		}
	}
	if b.Name == "" || len(b.Name) > 64 {
		return nil
	}
	for _, tag := range nameTags {
		for name := range strings.SplitSeq(it.Tags[tag], ";") {
			b.goesBy(name, false)
		}
	}
	for _, name := range it.MatchNames {
		for part := range strings.SplitSeq(name, " / ") {
			b.goesBy(part, false)
		}
	}
	b.goesBy(b.Name, true)
	b.wikidata = it.Tags["brand:wikidata"]
	if b.wikidata == "" {
		b.wikidata = it.Tags["network:wikidata"]
	}
	b.Key = b.wikidata
	if b.Key == "" {
		b.Key = "name:" + catalogue.Fold(b.Name)
	}
	b.countries = world.countries(it.LocationSet.Include)
	return b
}

func displayNames(it item) []string {
	return []string{it.Tags["name:en"], it.Tags["brand:en"], it.Tags["int_name"], it.Tags["brand"]}
}

func (b *brand) goesBy(name string, own bool) {
	key := catalogue.Fold(brackets.ReplaceAllString(name, ""))
	if len(key) < 2 || len(key) > 40 || !plainKey.MatchString(key) {
		return
	}
	had := b.keys[key]
	b.keys[key] = strand{own: own || had.own, strength: had.strength}
}

func (b *brand) merge(other *brand) {
	for _, kind := range other.kinds {
		if !slices.Contains(b.kinds, kind) {
			b.kinds = append(b.kinds, kind)
		}
	}
	for country := range other.countries {
		b.countries[country] = true
	}
	for key, s := range other.keys {
		had, known := b.keys[key]
		if !known {
			b.keys[key] = s
		} else if s.own {
			b.keys[key] = strand{own: true, strength: had.strength}
		}
	}
}
