package logic

import (
	"strings"

	"farthing/service.merchant/catalogue"
)

// recognition is a brand found in a descriptor.
type recognition struct {
	brand catalogue.Brand
	words int // How many of the descriptor's words name it.
}

const (
	wordsMax      = 8  // In a brand's name.
	truncatedMin  = 10 // Characters of a name cut short that are enough to complete it,
	truncatedLost = 10 // and as many as may be lost.
	unknowable    = 99 // More unexplained words than any judgement lets pass.
)

// recognise finds the brand that a descriptor starts with, by the longest name that stands up to judgement.
func (r *Resolver) recognise(seen descriptor, said said) (recognition, bool) {
	if len(seen.tokens) == 0 {
		return r.sellerItself(seen, said)
	}
	if seen.carrier.seller {
		if found, ok := r.product(seen, said); ok {
			return found, true
		}
	}
	from := 0
	if len(seen.tokens) > 1 && isCode(seen.tokens[0].text) {
		from = 1 // 1234 TESCO STORES.
	}
	if found, ok := r.startingAt(seen, said, from); ok {
		return found, true
	}
	return r.completed(seen, said)
}

// sellerItself is the carrier's own brand, where no merchant is named behind it: PAYPAL *.
func (r *Resolver) sellerItself(seen descriptor, said said) (recognition, bool) {
	key := catalogue.Fold(seen.carrier.name)
	brand, ok := r.best(key, &evidence{said: said, country: seen.place.country, words: 1, site: true})
	return recognition{brand: brand}, ok
}

// product is the brand behind a seller's star: GOOGLE *YOUTUBEPREMIUM.
func (r *Resolver) product(seen descriptor, said said) (recognition, bool) {
	if len(seen.tokens) < 2 {
		return recognition{}, false
	}
	return r.startingAt(seen, said, 1)
}

func (r *Resolver) startingAt(seen descriptor, said said, from int) (recognition, bool) {
	if host := seen.tokens[from].site; host != "" {
		e := evidence{said: said, country: seen.place.country, words: 1, site: true}
		if brand, ok := r.best(host, &e); ok {
			return recognition{brand: brand, words: from + 1}, true
		}
	}
	for n := min(wordsMax, len(seen.tokens)-from); n > 0; n-- {
		key := seen.key(from, from+n)
		if key == "" {
			continue
		}
		alias, ok := r.catalogue.Alias(key)
		if !ok {
			continue
		}
		e := r.evidence(&seen, said, from, from+n)
		if brand, ok := bestOf(alias, len(key), &e); ok {
			return recognition{brand: brand, words: from + n}, true
		}
	}
	return recognition{}, false
}

// evidence is what speaks for or against a brand, beside its name.
type evidence struct {
	said        said
	country     string
	words       int  // In the name found.
	unexplained int  // Words behind it that are no number, street, town or trade.
	site        bool // The name is an internet address, or was passed on by an online shop's till.
}

func (r *Resolver) evidence(seen *descriptor, said said, from, to int) evidence {
	return evidence{
		said: said, country: seen.countryFor(to), words: to - from,
		unexplained: r.unexplained(seen, to, seen.place.start),
		site:        seen.tokens[from].site != "" || seen.carrier.online,
	}
}

// unexplained counts the words from i up to j that a brand's name would not bring along.
func (r *Resolver) unexplained(seen *descriptor, i, j int) int {
	if i < j && (seen.key(i, i+1) == "of" || strings.Contains(seen.tokens[i].join, "&")) {
		return unknowable // JOHNSONS OF READING, COOK & CO: a name that goes on like this is another name.
	}
	count := 0
	for i < j {
		if n := r.explained(seen, i, j); n > 0 {
			i += n
			continue
		}
		count++
		i++
	}
	return count
}

// explained is how many words at i are a number, filling or a place.
func (r *Resolver) explained(seen *descriptor, i, j int) int {
	for n := min(townsWords, j-i); n > 0; n-- {
		if _, ok := r.catalogue.Places(seen.key(i, i+n)); ok {
			return n
		}
	}
	word := seen.tokens[i]
	if key := seen.key(i, i+1); len(key) < 3 || filling[key] || isCode(word.text) || word.site != "" {
		return 1
	}
	return 0
}

// filling is words that stand behind any brand's name and say nothing.
var filling = wordSet(`the a at in on by store stores superstore superstores supermarket supermarkets hypermarket
	ltd limited plc inc llc gmbh uk gb retail online shop shops com co local extra metro express main petrol pfs filling
	station service services pay pump high street st road rd lane ln avenue ave square sq centre center ctr mall park
	retailpark airport rail railway terminal north south east west upper lower group company international intl self
	serve kiosk counter outlet purchase payment payments subscription subs order orders booking bookings direct
	dept concession drive thru thr drivethru branch website web app mobile topup bill help www smkts smkt
	market mkt t1 t2 t3 t4 t5 departures arrivals landside airside city town bus quay bridge parade arcade row hill
	green cross gate corner village unit dt hbr europe emea gbp eur card cards contactless pos eu`)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		set[w] = true
	}
	return set
}

func (r *Resolver) best(key string, e *evidence) (catalogue.Brand, bool) {
	alias, ok := r.catalogue.Alias(key)
	if !ok {
		return catalogue.Brand{}, false
	}
	return bestOf(alias, len(key), e)
}

// bestOf is the alias's brand that the evidence speaks for most; the first of equals.
func bestOf(alias catalogue.Alias, length int, e *evidence) (catalogue.Brand, bool) {
	var best catalogue.Brand
	most := 0
	for brand, own := range alias.Brands() {
		j := judge(brand, own, alias.Strength, length, e)
		if score := j.score(); j.holds(e) && score > most {
			best, most = brand, score
		}
	}
	return best, most > 0
}

// completed is the one brand whose name is cut short at the end of a full column: HOLLAND AND BARRET.
func (r *Resolver) completed(seen descriptor, said said) (recognition, bool) {
	words := seen.place.start
	key := seen.key(0, words)
	if words < 2 || len(key) < truncatedMin {
		return recognition{}, false
	}
	found := recognition{words: words}
	e := evidence{said: said, country: seen.place.country, words: words}
	group := ""
	for whole, alias := range r.catalogue.Completions(key, 8) {
		brand, ok := bestOf(alias, len(whole), &e)
		if !ok || len(whole)-len(key) > truncatedLost {
			continue
		}
		if group != "" && group != brand.Key {
			return recognition{}, false
		}
		if group == "" {
			found.brand, group = brand, brand.Key
		}
	}
	return found, group != ""
}
