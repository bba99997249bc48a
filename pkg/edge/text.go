package edge

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"farthing/pkg/errs"
)

const notUTF8 = "must be valid UTF-8"

// Text fails, naming the field and the rule, unless value is at most max characters of valid UTF-8 without control
// characters. An empty value passes: whether a field is required is another rule. The error never quotes the value.
func Text(field, value string, maxChars int) error {
	switch {
	case !utf8.ValidString(value):
		return errs.BadParam(field, notUTF8)
	case len(value) > maxChars && utf8.RuneCountInString(value) > maxChars:
		return errs.BadParam(field, fmt.Sprintf("must have at most %d characters", maxChars))
	}
	for _, r := range value {
		if !printable(r) {
			return errs.BadParam(field, "must not contain control characters")
		}
	}
	return nil
}

// printable excludes also what steers rather than shows: line separators, and overrides of the writing direction,
// which would let one text look like another. Joiners stay, since emoji are made with them.
func printable(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return r >= ' ' && r != 0x7f
	case r == '\u2028', r == '\u2029', r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
		return false
	default:
		return !unicode.Is(unicode.Cc, r)
	}
}
