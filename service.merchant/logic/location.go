package logic

import (
	"strings"

	"farthing/service.merchant/catalogue"
)

// located is where a descriptor says the merchant is.
type located struct {
	city, country string
	start         int  // The first word that is no longer part of the name.
	town          int  // The first word of the town, if there is one.
	guessed       bool // The country is the town's; the descriptor names none.
}

// Codes of countries that end names as well. They count only behind a town.
var ambiguousCountries = map[string]bool{
	"AND": true, "ARE": true, "CAN": true, "PER": true, "MAR": true, "COD": true, "TON": true, "COM": true,
	"GIN": true, "BEN": true, "DOM": true, "GAB": true, "SUR": true, "MAC": true, "BES": true, "LIE": true,
	"VAT": true, "GUM": true, "MUS": true, "NOR": true, "POL": true, "FIN": true, "TUN": true,
}

// States and provinces of countries whose descriptors name them.
const (
	states = " AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND " +
		"OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC PR "
	provinces  = " ON QC BC AB MB SK NS NB NL PE "
	townsWords = 4
)

// locate reads the end of a descriptor: NAME [number] TOWN [state] COUNTRY, any part of which may be missing. The
// first word is always the name's.
func (r *Resolver) locate(d *descriptor) located {
	end := trimCodes(d.tokens, len(d.tokens))
	if end == 0 {
		return located{}
	}
	place := located{start: end}
	place.country, place.start = r.country(d, end)
	place.start = trimState(d, place.country, place.start)
	place.start = trimCodes(d.tokens, place.start)
	if d.column < place.start {
		return r.inColumn(d, place)
	}
	place = r.town(d, place)
	place.start = trimCodes(d.tokens, place.start)
	if again, ok := r.townBefore(d, place); ok && again.city == place.city {
		place.start = trimCodes(d.tokens, again.start) // LONDON LONDON GBR.
	}
	return place
}

// trimCodes is end without the numbers at the end, of shops, tills, orders and telephones, and without addresses on
// the internet.
func trimCodes(tokens []token, end int) int {
	for end > 1 && (tokens[end-1].site != "" || isCode(tokens[end-1].text)) {
		end--
	}
	return end
}

// country reads the last word before end as a country, and returns where the rest ends.
func (r *Resolver) country(d *descriptor, end int) (string, int) {
	last := d.tokens[end-1].text
	if end < 2 || (len(last) != 2 && len(last) != 3 && len(last) != 4) || d.tokens[end-1].join != " " {
		return "", end
	}
	code := strings.ToUpper(last)
	if len(code) == 4 { // State and country in one: WAUS.
		if state, ok := strings.CutSuffix(code, "US"); ok && strings.Contains(states, " "+state+" ") &&
			r.endsInTown(d, end-1, "US") {
			return "US", end - 1
		}
		return "", end
	}
	country, ok := r.catalogue.Country(code)
	inColumn := end-1 > d.column
	switch {
	case ok && (inColumn || len(code) == 3 && !ambiguousCountries[code] || country == "GB"):
		return country, end - 1
	case ok && r.endsInTown(d, end-1, country):
		return country, end - 1
	case strings.Contains(states, " "+code+" ") && r.endsInTown(d, end-1, "US"):
		return "US", end // The state itself is cut next.
	}
	return "", end
}

// townWithin is a town among the words from i on that name nothing else: HILTON LONDON PADDINGTON.
func (r *Resolver) townWithin(d *descriptor, i int) string {
	for ; i < d.place.start; i++ {
		for n := min(townsWords, d.place.start-i); n > 0; n-- {
			places, ok := r.catalogue.Places(d.key(i, i+n))
			if !ok || places.Ordinary {
				continue
			}
			if town, ok := choose(places, d.place.country); ok {
				return town.Name
			}
		}
	}
	return ""
}

func (r *Resolver) endsInTown(d *descriptor, end int, country string) bool {
	_, ok := r.townBefore(d, located{country: country, start: trimState(d, country, end)})
	return ok
}

func trimState(d *descriptor, country string, end int) int {
	list := ""
	switch country {
	case "US":
		list = states
	case "CA":
		list = provinces
	}
	if end > 1 && strings.Contains(list, " "+strings.ToUpper(d.tokens[end-1].text)+" ") {
		return end - 1
	}
	return end
}

// inColumn takes the second column as the town, known or not, if it can be one.
func (r *Resolver) inColumn(d *descriptor, place located) located {
	if found, ok := r.townBefore(d, place); ok && found.start <= d.column {
		found.start = max(1, trimCodes(d.tokens, d.column))
		return found
	}
	words := d.tokens[d.column:place.start]
	for _, w := range words {
		if isCode(w.text) || len(words) > townsWords {
			return r.town(d, place)
		}
	}
	place.city, place.town = title(words), d.column
	place.start = max(1, trimCodes(d.tokens, d.column))
	return place
}

// town takes the longest known town off the end, unless nothing but filling would be left of the name.
func (r *Resolver) town(d *descriptor, place located) located {
	if found, ok := r.townBefore(d, place); ok {
		return found
	}
	return place
}

// townBefore is place with the town before place.start. Without a country, a town counts if its name is no ordinary
// word, and the one at home is meant before the larger one elsewhere.
func (r *Resolver) townBefore(d *descriptor, place located) (located, bool) {
	for n := min(townsWords, place.start-1); n > 0; n-- {
		start := place.start - n
		if before := d.key(start-1, start); before == "of" || start == 1 && filling[before] {
			continue // JOHNSONS OF READING is a name, and THE BANK no place called Bank.
		}
		places, ok := r.catalogue.Places(d.key(start, place.start))
		if !ok {
			continue
		}
		if town, ok := choose(places, place.country); ok {
			return located{
				city: town.Name, country: town.Country, start: start, town: start, guessed: place.country == "",
			}, true
		}
	}
	return place, false
}

func choose(places catalogue.Places, country string) (catalogue.Place, bool) {
	if country != "" {
		return places.In(country)
	}
	if places.Ordinary {
		return catalogue.Place{}, false
	}
	if town, ok := places.In("GB"); ok {
		return town, true
	}
	for town := range places.All() {
		return town, true
	}
	return catalogue.Place{}, false
}
