package logic

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"farthing/service.merchant/catalogue"
)

// descriptorSizeMax bounds the work: nothing that a card network sends is nearly as long, and a name is over long
// before.
const descriptorSizeMax = 256

// token is one word of a descriptor.
type token struct {
	text string // As printed.
	join string // What stands between it and the word before: a space, a hyphen, an ampersand.
	site string // Folded host, where the word is an internet address: its text is then the telling label alone.

	start, end int // Its key within descriptor.folded; empty for an ampersand.
}

// descriptor is a raw descriptor taken apart.
type descriptor struct {
	tokens  []token
	folded  string // The keys of all tokens, end to end: that of several in a row is one slice of it.
	column  int    // First token of the second column where the text came in columns, or their number.
	carrier carrier
	online  bool
	place   located
}

// key is the folded name of the words from i up to j.
func (d *descriptor) key(i, j int) string {
	if i >= j {
		return ""
	}
	return d.folded[d.tokens[i].start:d.tokens[j-1].end]
}

// name is the words that name the merchant.
func (d *descriptor) name() []token { return d.tokens[:d.place.start] }

// countryFor is the country as far as it is known if the first words are a brand's name: one guessed from a town among
// them is none.
func (d *descriptor) countryFor(words int) string {
	if d.place.guessed && words > d.place.town {
		return ""
	}
	return d.place.country
}

// read takes a raw descriptor apart.
func (r *Resolver) read(raw string) descriptor {
	text := clean(raw)
	carried, text := cutCarriers(text)
	d := tokenise(text)
	d.carrier = carried
	d.online = carried.online
	for _, t := range d.tokens {
		d.online = d.online || t.site != "" // An address in a descriptor says that the sale was made from afar.
	}
	return d
}

// clean makes text of at most descriptorSizeMax bytes safe to show: valid UTF-8 without control characters. Runs of
// spaces stay, because columns show by them.
func clean(raw string) string {
	if len(raw) > descriptorSizeMax {
		raw = raw[:descriptorSizeMax]
	}
	if isPrintableASCII(raw) {
		return strings.TrimSpace(raw)
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r), r == utf8.RuneError:
			return -1 // Joiners, direction marks, private use: nothing that a name needs.
		}
		return r
	}, strings.ToValidUTF8(raw, "")))
}

func isPrintableASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// tokenise splits clean text into words.
func tokenise(text string) descriptor {
	d := descriptor{tokens: make([]token, 0, 12), column: -1}
	starred := strings.Contains(text, "*")
	folded := make([]byte, 0, len(text))
	join := " "
	for text != "" {
		word, rest, between := nextWord(text)
		text = rest
		if word != "" {
			t := token{text: word, join: join, start: len(folded)}
			if host, label, ok := site(word); ok {
				t.site, t.text = host, label
			}
			folded = catalogue.AppendFolded(folded, t.text)
			t.end = len(folded)
			d.tokens = append(d.tokens, t)
			join = " "
		}
		if between != "" {
			join = between
		}
		if d.column < 0 && len(d.tokens) > 0 && strings.HasPrefix(rest, "  ") {
			d.column = len(d.tokens)
		}
	}
	d.folded = string(folded)
	if d.column < 0 || starred { // A star comes before a product or an order number, behind any number of spaces.
		d.column = len(d.tokens)
	}
	return d
}

// nextWord cuts the first word off text. Addresses on the internet stay whole; otherwise words end at whatever is
// no part of one. between is how a hyphen or an ampersand directly behind the word ties it to the next.
func nextWord(text string) (word, rest, between string) {
	chunk := text
	if i := strings.IndexAny(text, " *,;"); i >= 0 {
		chunk = text[:i]
	}
	if _, _, ok := site(chunk); ok {
		return chunk, text[len(chunk):], ""
	}
	end := strings.IndexFunc(text, endsToken)
	if end < 0 {
		return text, "", ""
	}
	r, size := utf8.DecodeRuneInString(text[end:])
	switch r {
	case '-':
		if end > 0 {
			between = "-"
		}
	case '&':
		between = "&"
		if strings.HasPrefix(text[end+size:], " ") || end == 0 {
			between = " & "
		}
	case ' ':
		// Left in place for the next round to skip, and for the columns to show by.
		if end > 0 {
			size = 0
		}
	}
	return text[:end], text[end+size:], between
}

func endsToken(r rune) bool {
	switch r {
	case '\'', '’', '‘', '`', '.':
		return false
	}
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
}
