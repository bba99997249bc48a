package edge

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
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

// Lines is Text of what people type with lines and tabs in it, such as a note.
func Lines(field, value string, maxChars int) error {
	return Text(field, oneLine.Replace(value), maxChars)
}

var oneLine = strings.NewReplacer("\r\n", "  ", "\n", " ", "\t", " ")

// URL fails, naming the field and the rule, unless value is the absolute URL of a host, of one of the schemes, and at
// most max characters. A name or password before the host is refused: it makes one host look like another. An empty
// value passes, as in Text.
func URL(field, value string, maxChars int, schemes ...string) error {
	if value == "" {
		return nil
	}
	if err := Text(field, value, maxChars); err != nil {
		return err
	}
	parsed, err := url.Parse(value)
	switch {
	case err != nil || !slices.Contains(schemes, strings.ToLower(parsed.Scheme)) || parsed.Hostname() == "",
		strings.ContainsAny(value, " <>\"\\^`{|}"):
		return errs.BadParam(field, "must be a URL that begins with "+strings.Join(schemes, ":// or ")+"://")
	case parsed.User != nil:
		return errs.BadParam(field, "must have no user name before its host")
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
