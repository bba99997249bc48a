// Package logic turns what a card terminal printed into a merchant that a customer would recognise.
package logic

import (
	"strings"

	"farthing/pkg/id"
	"farthing/service.merchant/catalogue"
)

// Merchant is one merchant as customers see it: a brand's shops in one town, or a shop that no catalogue knows.
//
// ID and GroupID are hashes of what the catalogue calls the merchant, so that they survive a rebuild: of the brand's
// lasting key (or the tidy name), its name, kind, town, country and whether it sells from afar. All other fields
// follow from those, so equal ids mean equal merchants. GroupID is the brand's alone: Tesco in Leeds, Tesco in London
// and Tesco's petrol stations are merchants of one group. A town is as near as a descriptor gets: the store numbers
// in some are no use to customers and would give each shop a hundred merchants at its many tills.
type Merchant struct {
	ID       string // merch_ and 22 base62 characters.
	GroupID  string // grp_ and 22 base62 characters.
	Name     string // For display: valid UTF-8, never empty, at most 64 characters.
	Category string // Of the public API.
	Emoji    string
	City     string // "" where the descriptor does not say.
	Country  string // ISO 3166-1 alpha-2; "" where the descriptor does not say.
	Online   bool
	ATM      bool
	Website  string // "" where it is not known, as for Logo.
	Logo     string
	Kind     string // What kind of shop, in the catalogue's words.
	Known    bool   // A brand of the catalogue, as opposed to a name made tidy.
}

// Resolver recognises merchants. It keeps no state: the same input always gives the same merchant. It is safe for
// concurrent use.
type Resolver struct {
	catalogue *catalogue.Catalogue
}

// NewResolver recognises merchants by a catalogue.
func NewResolver(c *catalogue.Catalogue) *Resolver {
	return &Resolver{catalogue: c}
}

// Resolve is the merchant behind a raw card descriptor, in whatever shape it comes, and a merchant category code of
// four digits; any other code counts as none. It always answers.
func (r *Resolver) Resolve(descriptor, mcc string) Merchant {
	seen := r.read(descriptor)
	seen.place = r.locate(&seen)
	said := r.said(mcc)
	if found, ok := r.recognise(seen, said); ok {
		return r.known(seen, said, found)
	}
	return r.unknown(seen, said)
}

// said is what the category code says about the merchant.
type said struct {
	kind  catalogue.Kind
	vague bool // No code, or one that covers all sorts of shops.
}

func (r *Resolver) said(mcc string) said {
	code, ok := r.catalogue.MCC(mcc)
	if !ok {
		return said{vague: true}
	}
	kind, _ := r.catalogue.Kind(code.Kind)
	switch kind.Name {
	case "other", "shop", "payments", "professional":
		return said{kind: kind, vague: true}
	}
	return said{kind: kind}
}

func (s said) atm() bool { return s.kind.Name == "atm" }

func (r *Resolver) known(seen descriptor, said said, found recognition) Merchant {
	brand := found.brand
	m := Merchant{
		Name: brand.Name, Emoji: brand.Emoji, Website: brand.Website(), Logo: brand.Logo(), Known: true,
		Online: brand.Online || seen.online,
		City:   seen.place.city, Country: seen.place.country,
	}
	switch {
	case m.City != "" && found.words > seen.place.town:
		m.City = "" // What looked like a town is part of the brand's name.
		m.Country = seen.countryFor(found.words)
	case m.City == "":
		m.City = r.townWithin(&seen, found.words)
	}
	kind := r.kindFor(brand, said)
	if kind.Name != firstKind(brand) {
		m.Emoji = "" // A supermarket's petrol station is a petrol station.
	}
	return m.of(kind, "brand", brand.Key)
}

// kindFor is the brand's first kind, or the one that the category code speaks for if that puts the shop into another
// category: terminals of one chain are registered under many codes, and should not make as many merchants.
func (r *Resolver) kindFor(brand catalogue.Brand, said said) catalogue.Kind {
	if said.atm() {
		return said.kind
	}
	first, _ := r.catalogue.Kind(firstKind(brand))
	for name := range strings.FieldsSeq(brand.Kinds) {
		if name == said.kind.Name && said.kind.Category != first.Category {
			return said.kind
		}
	}
	return first
}

func firstKind(brand catalogue.Brand) string {
	first, _, _ := strings.Cut(brand.Kinds, " ")
	return first
}

func (r *Resolver) unknown(seen descriptor, said said) Merchant {
	m := Merchant{
		Name:   tidyTokens(seen.name()),
		City:   seen.place.city,
		Online: seen.online, Country: seen.place.country,
	}
	kind := r.guessKind(seen, said)
	if m.Name == "" || isCode(m.Name) && seen.carrier.name != "" {
		m.Name = nameless(seen, kind)
	}
	return m.of(kind, "name", catalogue.Fold(m.Name))
}

// nameless says what it can of a merchant without a name.
func nameless(seen descriptor, kind catalogue.Kind) string {
	switch {
	case kind.Name == "atm":
		return "Cash Machine"
	case seen.carrier.name != "":
		return seen.carrier.name
	}
	return "Unknown Merchant"
}

// of completes a merchant with all that follows from the fields already there.
func (m Merchant) of(kind catalogue.Kind, scheme, key string) Merchant {
	m.Kind, m.Category, m.ATM = kind.Name, kind.Category, kind.Name == "atm"
	if m.Emoji == "" {
		m.Emoji = kind.Emoji
	}
	group := scheme + ":" + key
	where := "shop"
	if m.Online {
		where = "online"
	}
	m.GroupID = id.Hash("grp", group)
	m.ID = id.Hash("merch", strings.Join([]string{group, m.Name, m.Kind, m.City, m.Country, where}, "\x1f"))
	return m
}
