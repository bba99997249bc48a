package terminal

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

const (
	emojiStyle = '\ufe0f' // Has the symbol before it drawn as an emoji, which is wide.
	joiner     = '\u200d' // Draws the emoji after it into the one before it.
)

// Width is how many columns a text takes on a terminal: emoji and East Asian letters take two, marks none.
func Width(text string) int {
	columns, last := 0, 0
	before, joined := ' ', false
	for _, r := range text {
		now := widthOf(r)
		switch {
		case r == emojiStyle && last == 1 && unicode.IsSymbol(before):
			columns, last = columns+1, 2
		case r == joiner:
			joined = last == 2
			continue
		case joined && now == 2: // It is drawn into what is there.
		case now > 0:
			columns, last, before = columns+now, now, r
		}
		joined = joined && now == 0
	}
	return columns
}

func widthOf(r rune) int {
	const darkest, lightest = '\U0001f3fb', '\U0001f3ff' // Skin colours: they colour the emoji before them.
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) || r >= darkest && r <= lightest:
		return 0
	case width.LookupRune(r).Kind() == width.EastAsianWide || width.LookupRune(r).Kind() == width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// Pad fills text up with spaces to so many columns; longer text stays as it is.
func Pad(text string, columns int) string { return text + spaces(columns-Width(text)) }

// PadLeft is Pad with the spaces before the text, as numbers want it.
func PadLeft(text string, columns int) string { return spaces(columns-Width(text)) + text }

func spaces(n int) string { return strings.Repeat(" ", max(n, 0)) }

// Clip cuts text to so many columns, with an ellipsis where it was longer.
func Clip(text string, columns int) string {
	if Width(text) <= columns {
		return text
	}
	var clipped strings.Builder
	for _, r := range text {
		if Width(clipped.String()+string(r)) > columns-1 {
			break
		}
		clipped.WriteRune(r)
	}
	return clipped.String() + "…"
}

// Visible is text without what would move the cursor or change the colours: it comes from strangers.
func Visible(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, text)
}
