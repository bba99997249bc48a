package logic

import "farthing/service.merchant/catalogue"

// relatives are kinds of shop that one code is used for as well as another.
var relatives = map[string]string{
	"fast_food": "food", "coffee": "food", "restaurant": "food", "pizza": "food", "bakery": "food", "sandwich": "food",
	"pub": "food", "ice_cream": "food", "nightclub": "food",
	"supermarket": "grocer", "convenience": "grocer", "off_licence": "grocer", "butcher": "grocer",
	"greengrocer": "grocer", "kiosk": "grocer", "fuel": "motoring",
	"services": "motoring", "car_wash": "motoring", "charging": "motoring", "garage": "motoring", "car": "motoring",
	"clothes": "retail", "shoes": "retail", "department_store": "retail", "sports": "retail", "jewellery": "retail",
	"homeware": "retail", "furniture": "retail", "diy": "retail", "garden": "retail", "toys": "retail",
	"gifts": "retail", "books": "retail", "electronics": "retail", "charity_shop": "retail", "shop": "retail",
	"beauty": "health", "pharmacy": "health", "optician": "health", "doctor": "health", "barber": "health",
	"train": "transit", "metro": "transit", "bus": "transit", "taxi": "transit", "ferry": "transit",
	"bike_hire": "transit", "car_hire": "transit", "parking": "transit", "toll": "transit",
	"hotel": "travel", "camping": "travel", "travel_agency": "travel", "airline": "travel",
	"cinema": "leisure", "theatre": "leisure", "museum": "leisure", "attraction": "leisure", "bowling": "leisure",
	"gym": "leisure", "betting": "leisure", "games": "leisure",
	"streaming": "digital", "software": "digital", "telecom": "digital",
	"energy": "household", "water": "household", "council": "household", "insurance": "household",
	"bank": "money", "exchange": "money", "payments": "money", "atm": "money",
}

// guessKind is the kind of a shop that no catalogue knows. The code knows the category; a word in the name may know
// better what kind within it, and is all there is without a code.
func (r *Resolver) guessKind(seen descriptor, said said) catalogue.Kind {
	named, ok := r.namedKind(seen, said.vague)
	switch {
	case said.vague && ok:
		return named
	case ok && named.Category == said.kind.Category:
		return named
	case said.kind.Name != "":
		return said.kind
	}
	other, _ := r.catalogue.Kind("other")
	return other
}

// namedKind goes by the last telling word of the name: a PIZZA BAR is a bar, a BAR SUPPLY SHOP a shop.
func (r *Resolver) namedKind(seen descriptor, atmToo bool) (catalogue.Kind, bool) {
	if atmToo && namesATM(seen) {
		return r.catalogue.Kind("atm")
	}
	general, found := "", false
	for i := seen.place.start - 1; i >= 0; i-- {
		name, ok := r.catalogue.KindOf(seen.key(i, i+1))
		if ok && name != "shop" {
			return r.catalogue.Kind(name)
		}
		if ok {
			general, found = name, true
		}
	}
	kind, _ := r.catalogue.Kind(general)
	return kind, found
}

func namesATM(seen descriptor) bool {
	for i := range seen.tokens {
		switch seen.key(i, i+1) {
		case "atm", "cashpoint", "cashmachine", "geldautomat", "bancomat", "cajero":
			return true
		}
		if i > 0 && (seen.key(i-1, i+1) == "cashmachine" || seen.key(i-1, i+1) == "cashwithdrawal") {
			return true
		}
	}
	return false
}
