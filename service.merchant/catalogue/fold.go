package catalogue

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold is the key under which a name is looked up: lower case, no accents, nothing but letters and digits, and no
// "and". So MARKS&SPENCER, Marks & Spencer and MARKS AND SPENCER are one key, and so are Co-op and COOP.
func Fold(name string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(name, endsWord) {
		b.WriteString(FoldWord(word))
	}
	return b.String()
}

// FoldWord is Fold for one word. It is empty for "and" and for what has neither letter nor digit.
func FoldWord(word string) string {
	b := AppendFolded(make([]byte, 0, len(word)), word)
	return string(b)
}

// AppendFolded appends FoldWord(word) to b, without an allocation where b has room and the word is plain ASCII.
func AppendFolded(b []byte, word string) []byte {
	start := len(b)
	for i := range len(word) {
		c := word[i]
		switch {
		case c >= utf8.RuneSelf:
			b = appendFoldedRunes(b[:start], word)
			return cutAnd(b, start)
		case c >= 'A' && c <= 'Z':
			b = append(b, c+'a'-'A')
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			b = append(b, c)
		}
	}
	return cutAnd(b, start)
}

func cutAnd(b []byte, start int) []byte {
	if string(b[start:]) == "and" {
		return b[:start]
	}
	return b
}

func appendFoldedRunes(b []byte, word string) []byte {
	for _, r := range norm.NFKD.String(word) {
		if plain, ok := undecomposed[unicode.ToLower(r)]; ok {
			b = append(b, plain...)
		} else if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b = utf8.AppendRune(b, unicode.ToLower(r))
		}
	}
	return b
}

// Letters that Unicode does not take apart into a plain one and an accent.
var undecomposed = map[rune]string{
	'ß': "ss", 'ø': "o", 'æ': "ae", 'œ': "oe", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'ı': "i",
}

// An apostrophe and a full stop stand within words: Sainsbury's, St.Albans.
func endsWord(r rune) bool {
	switch r {
	case '\'', '’', '‘', '`', '.':
		return false
	}
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
}
