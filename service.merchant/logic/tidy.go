package logic

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// nameLengthMax is in characters.
const nameLengthMax = 64

// Tidy is the name in a text of shouting characters: THE HERNE HILL BAKERY LTD 0042 is The Herne Hill Bakery. It may
// be empty. To tidy a tidy name changes nothing.
func Tidy(name string) string {
	d := tokenise(clean(name))
	return tidyTokens(d.tokens)
}

// tidyTokens goes over its own result until nothing changes: to drop one word may bare another to be dropped. Each
// round but the last leaves out a word, so that it ends.
func tidyTokens(tokens []token) string {
	name := cutName(title(strip(tokens)))
	for {
		again := cutName(title(strip(tokenise(clean(name)).tokens)))
		if again == name {
			return name
		}
		name = again
	}
}

// strip leaves out numbers of shops, the words that introduce them, and what a company must call itself by law.
func strip(tokens []token) []token {
	kept := make([]token, 0, len(tokens))
	for i, t := range tokens {
		if t.site != "" && i > 0 {
			continue
		}
		if isCode(t.text) && len(tokens) > 1 {
			if n := len(kept); n > 1 && introducesCode[strings.ToLower(kept[n-1].text)] && i > 1 {
				kept = kept[:n-1]
			}
			continue
		}
		if strings.Trim(t.text, ".'’‘`") != "" {
			kept = append(kept, t)
		}
	}
	for len(kept) > 1 && legal[strings.ToLower(strings.ReplaceAll(kept[len(kept)-1].text, ".", ""))] {
		kept = kept[:len(kept)-1]
	}
	return kept
}

var introducesCode = map[string]bool{
	"no": true, "no.": true, "store": true, "unit": true, "shop": true, "branch": true, "ref": true, "tel": true,
	"site": true, "till": true, "terminal": true, "s": true,
}

var legal = map[string]bool{
	"ltd": true, "limited": true, "plc": true, "llc": true, "llp": true, "inc": true, "gmbh": true, "sarl": true,
	"sas": true, "srl": true, "sl": true, "bv": true, "ltda": true, "pty": true, "ag": true, "kg": true, "ohg": true,
	"oy": true, "ab": true, "aps": true, "corp": true, "intl": true, "cic": true, "ug": true,
}

// isCode tells numbers that no customer cares for from those in names: 0042, S1234 and A1B2C3 from 54, 7ELEVEN, O2.
func isCode(word string) bool {
	digits, letters := 0, 0
	for _, r := range word {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r):
			letters++
		}
	}
	switch {
	case digits == 0:
		return false
	case letters == 0:
		return digits > 2 || word[0] == '0'
	}
	return digits > 2 || digits == 2 && digits+letters > 6
}

// title writes words as a sign would: The Cat & Fiddle, McKenzie's, BBQ.
func title(tokens []token) string {
	var b strings.Builder
	for i, t := range tokens {
		if i > 0 {
			b.WriteString(t.join)
		}
		b.WriteString(titleWord(t.text, i == 0))
	}
	return b.String()
}

var small = map[string]bool{
	"and": true, "of": true, "the": true, "de": true, "la": true, "le": true, "les": true, "du": true, "des": true,
	"del": true, "at": true, "in": true, "on": true, "for": true, "by": true, "to": true, "von": true, "der": true,
	"upon": true, "under": true, "con": true,
}

// Short words without a vowel are initials (BBQ, DVD), except these.
var spoken = map[string]bool{
	"st": true, "dr": true, "mr": true, "mrs": true, "ms": true, "rd": true, "sq": true, "jr": true, "sr": true,
	"ft": true, "nr": true, "ct": true, "hwy": true, "mt": true, "pl": true, "ln": true, "mkt": true, "mc": true,
}

var initials = map[string]bool{
	"uk": true, "usa": true, "eu": true, "tv": true, "vip": true, "diy": true, "atm": true, "ymca": true, "ywca": true,
	"bbc": true, "it": true, "ee": true, "ii": true, "iii": true, "iv": true, "fc": true, "cafc": true, "afc": true,
	"ikea": true, "nyc": true,
}

func titleWord(word string, first bool) string {
	lower := strings.Map(unicode.ToLower, word)
	switch {
	case initials[lower] || isInitials(lower) && !spoken[lower]:
		return strings.Map(unicode.ToUpper, lower)
	case small[lower] && !first:
		return lower
	}
	return capitals(lower)
}

func isInitials(lower string) bool {
	if len(lower) < 2 || len(lower) > 4 {
		return false
	}
	for i := range len(lower) {
		if c := lower[i]; c < 'a' || c > 'z' || strings.IndexByte("aeiouy", c) >= 0 {
			return false
		}
	}
	return true
}

// capitals sets the first letter of a word, and of what follows a full stop, an Irish O' and a Scottish Mc.
func capitals(lower string) string {
	var b strings.Builder
	b.Grow(len(lower))
	letters := 0 // Since the last capital.
	for i, r := range lower {
		rest := lower[i:]
		after := lower[:i]
		switch {
		case i == 0 || strings.HasSuffix(after, "."),
			letters == 1 && isApostrophe(after) && utf8.RuneCountInString(rest) > 2,
			after == "mc" && utf8.RuneCountInString(rest) > 2:
			r = unicode.ToUpper(r)
			letters = 0
		}
		if unicode.IsLetter(r) {
			letters++
		}
		b.WriteRune(r)
	}
	return b.String()
}

func isApostrophe(before string) bool {
	r, _ := utf8.DecodeLastRuneInString(before)
	return r == '\'' || r == '’' || r == '‘' || r == '`'
}

// cutName keeps a name within nameLengthMax, at the end of a word where there is one.
func cutName(name string) string {
	if len(name) <= nameLengthMax || utf8.RuneCountInString(name) <= nameLengthMax {
		return name
	}
	runes := []rune(name)[:nameLengthMax]
	cut := string(runes)
	if space := strings.LastIndexByte(cut, ' '); space > 0 {
		cut = cut[:space]
	}
	return strings.TrimRight(cut, " -&")
}
