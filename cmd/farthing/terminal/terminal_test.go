package terminal_test

import (
	"bytes"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"farthing/cmd/farthing/terminal"
)

func TestWidthIsWhatATerminalTakes(t *testing.T) {
	for text, want := range map[string]int{
		"":                   0,
		"Pret A Manger":      13,
		"Caffè Nero":         10,
		"Caffe\u0300 Nero":   10, // The accent is a mark of its own.
		"🥪":                  2,
		"☕":                  2,
		"🍽️":                 2,
		"🏋️":                 2,
		"👍🏽":                 2,
		"👩‍🍳":                2,
		"寿司":                 4,
		"ﾊﾝﾊﾞｰｶﾞｰ":           8,
		"-£3.50":             6,
		"left\u200bto right": 12,
	} {
		if got := terminal.Width(text); got != want {
			t.Errorf("%q takes %d columns, want %d", text, got, want)
		}
	}
}

func TestWhatIsClippedOrPaddedFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, columns := texts().Draw(t, "text"), rapid.IntRange(1, 40).Draw(t, "columns")
		clipped := terminal.Clip(text, columns)
		if terminal.Width(clipped) > columns || utf8.ValidString(text) && !utf8.ValidString(clipped) {
			t.Fatalf("clipped to %q", clipped)
		}
		for _, padded := range []string{terminal.Pad(clipped, columns), terminal.PadLeft(clipped, columns)} {
			if terminal.Width(padded) != columns {
				t.Fatalf("padded to %q", padded)
			}
		}
	})
}

func TestAgoIsAsPeopleSayIt(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)
	for want, at := range map[string]time.Time{
		"just now":   now.Add(-59 * time.Second),
		"1 min ago":  now.Add(-time.Minute),
		"59 min ago": now.Add(-59 * time.Minute),
		"07:05":      now.Add(-145 * time.Minute),
		"yesterday":  now.Add(-10 * time.Hour),
		"21 Nov":     now.AddDate(0, 0, -2),
		"9 Nov 2025": now.AddDate(-1, 0, -14),
	} {
		if got := terminal.Ago(at, now); got != want {
			t.Errorf("%v is %q, want %q", at, got, want)
		}
	}
}

func TestWhatIsNoTerminalGetsNoColours(t *testing.T) {
	var out bytes.Buffer
	if got := terminal.New(&out).Red("declined"); got != "declined" {
		t.Fatalf("red is %q", got)
	}
}

func TestStrangersCannotMoveTheCursor(t *testing.T) {
	if got := terminal.Visible("a\x1b[2Jb\r\nc"); got != "a[2Jbc" {
		t.Fatalf("visible is %q", got)
	}
}

// texts is of all sorts of runes, with those that change the width of others more often than they come by chance.
func texts() *rapid.Generator[string] {
	return rapid.StringOf(rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune("a☕🍽🏋👩🍳🏽寿\u0300\u200b\u200d\ufe0f "))))
}
