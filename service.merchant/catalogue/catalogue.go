// Package catalogue is what Farthing knows about shops before it has seen one: brands and places in one embedded file
// that is searched where it lies, and small tables of merchant categories, countries and kinds of shop.
//
// catalogue.bin and tables/mccs.tsv are made by ./generate from the name-suggestion-index (brands of OpenStreetMap),
// GeoNames (places), SCOWL (ordinary words) and iso18245 (category codes); the other tables and generate/sources are
// made by hand. Two runs give the same bytes.
package catalogue

import (
	_ "embed"
	"fmt"
	"strings"

	"farthing/service.merchant/catalogue/records"
)

//go:generate go run ./generate

// Magic starts the file, and names its format.
const Magic = "FARTHING CATALOGUE 1\n"

//go:embed catalogue.bin
var embedded string

// Catalogue answers look-ups. It never changes, and is safe for concurrent use.
type Catalogue struct {
	aliases records.List // Key, flags, postings; sorted by key.
	brands  records.List
	places  records.List // Key, flags, then country and name of each place, the larger first; sorted by key.
	tables
}

// Open is the catalogue built into the program.
func Open() (*Catalogue, error) {
	return Parse(embedded)
}

// Parse is the catalogue in data, which it goes on using. It errs on anything but a whole file of this format.
func Parse(data string) (*Catalogue, error) {
	rest, ok := strings.CutPrefix(data, Magic)
	if !ok {
		return nil, fmt.Errorf("catalogue: does not start with %q", Magic)
	}
	c := &Catalogue{}
	for _, list := range []*records.List{&c.aliases, &c.brands, &c.places} {
		var err error
		if *list, rest, err = records.Read(rest); err != nil {
			return nil, fmt.Errorf("catalogue: %w", err)
		}
	}
	if rest != "" {
		return nil, fmt.Errorf("catalogue: %d bytes too many", len(rest))
	}
	var err error
	if c.tables, err = parseTables(); err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	return c, nil
}

// Brands is the number of brands.
func (c *Catalogue) Brands() int { return c.brands.Len() }

// Aliases is the number of keys that lead to brands.
func (c *Catalogue) Aliases() int { return c.aliases.Len() }
