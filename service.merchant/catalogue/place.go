package catalogue

import (
	"iter"

	"farthing/service.merchant/catalogue/records"
)

// Place is a town or a part of one.
type Place struct {
	Country string // ISO alpha-2.
	Name    string
}

// Places are those of one folded name, the larger first.
type Places struct {
	Ordinary bool // The name is also an ordinary word: Bath, Nice, Sandwich.
	rest     string
}

// Places finds the places that go by a folded name.
func (c *Catalogue) Places(key string) (Places, bool) {
	rest, ok := c.places.Find(key)
	if !ok {
		return Places{}, false
	}
	ordinary, rest := records.Uvarint(rest)
	return Places{Ordinary: ordinary == 1, rest: rest}, true
}

// All are the places, the larger first.
func (p Places) All() iter.Seq[Place] {
	return func(yield func(Place) bool) {
		for rest := p.rest; rest != ""; {
			var field string
			field, rest = records.Field(rest)
			if len(field) < 2 || !yield(Place{Country: field[:2], Name: field[2:]}) {
				return
			}
		}
	}
}

// In is the largest of the places in a country (alpha-2).
func (p Places) In(country string) (Place, bool) {
	for place := range p.All() {
		if place.Country == country {
			return place, true
		}
	}
	return Place{}, false
}
