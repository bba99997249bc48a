package catalogue

import (
	"iter"
	"net/url"
	"strings"

	"farthing/service.merchant/catalogue/records"
)

// Brand is one brand, as customers name it. Its strings lie in the file: copying a Brand copies no text.
type Brand struct {
	Key       string // Lasting name of its group: a Wikidata id where there is one. Several brands may share it.
	Name      string // For display.
	Kinds     string // Kinds of shop, the likeliest first, parted by spaces.
	Countries string // ISO alpha-2 codes end to end, or World.
	Emoji     string // Of its own, or "".
	Online    bool   // Sells from afar only.

	website, logo string
}

// World stands in Brand.Countries for everywhere.
const World = "*"

// Strength is how far an alias can be trusted to mean its brand.
type Strength int

// Names are weak where they are ordinary words, places or very short (Next, Reading, BP): they count only on their
// own. Strong ones were chosen by hand, and mean the brand whatever follows. Most are neither.
const (
	Plain Strength = iota
	Weak
	Strong
)

// Alias is what a key leads to.
type Alias struct {
	Strength Strength
	postings string
	brands   records.List
}

// Alias finds the brands that go by a folded name.
func (c *Catalogue) Alias(key string) (Alias, bool) {
	rest, ok := c.aliases.Find(key)
	if !ok {
		return Alias{}, false
	}
	return c.alias(rest), true
}

// Completions are the first limit keys that start with prefix, with what they lead to: names cut short by the width
// of a descriptor.
func (c *Catalogue) Completions(prefix string, limit int) iter.Seq2[string, Alias] {
	return func(yield func(string, Alias) bool) {
		from := c.aliases.From(prefix)
		for i := from; i < min(from+limit, c.aliases.Len()); i++ {
			key, rest := records.Field(c.aliases.At(i))
			if !strings.HasPrefix(key, prefix) || !yield(key, c.alias(rest)) {
				return
			}
		}
	}
}

func (c *Catalogue) alias(rest string) Alias {
	strength, postings := records.Uvarint(rest)
	return Alias{Strength: Strength(strength), postings: postings, brands: c.brands} //nolint:gosec // 0, 1 or 2.
}

// Brands are the alias's brands; own says that it is the brand's very name, not one it also goes by.
func (a Alias) Brands() iter.Seq2[Brand, bool] {
	return func(yield func(brand Brand, own bool) bool) {
		for rest := a.postings; rest != ""; {
			var posting uint64
			posting, rest = records.Uvarint(rest)
			i := int(posting >> 1)
			if i >= a.brands.Len() || !yield(parseBrand(a.brands.At(i)), posting&1 == 1) {
				return
			}
		}
	}
}

// EncodeBrand is the record of a brand; website and logo are as Website and LogoFile would take them.
func EncodeBrand(b Brand, website, logo string) string {
	online := ""
	if b.Online {
		online = "1"
	}
	return records.Fields(b.Key, b.Name, b.Kinds, b.Countries, b.Emoji, online, website, logo)
}

func parseBrand(rec string) Brand {
	var b Brand
	var online string
	for _, field := range []*string{
		&b.Key, &b.Name, &b.Kinds, &b.Countries, &b.Emoji, &online, &b.website, &b.logo,
	} {
		*field, rec = records.Field(rec)
	}
	b.Online = online != ""
	return b
}

// Website is the brand's address on the web, or "".
func (b Brand) Website() string {
	if b.website == "" {
		return ""
	}
	return "https://" + b.website
}

// Logo is the address of an image at Wikimedia Commons, or "".
func (b Brand) Logo() string {
	if b.logo == "" {
		return ""
	}
	return "https://commons.wikimedia.org/wiki/Special:FilePath/" + url.PathEscape(b.logo) + "?width=256"
}

// In says that the brand is known to trade in a country (alpha-2).
func (b Brand) In(country string) bool {
	for i := 0; i+1 < len(b.Countries); i += 2 {
		if b.Countries[i:i+2] == country {
			return true
		}
	}
	return false
}
