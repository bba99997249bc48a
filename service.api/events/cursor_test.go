package events

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"farthing/pkg/id"
	feedproto "farthing/service.feed/proto"
)

var noon = time.Date(2026, 11, 9, 12, 30, 53, 0, time.UTC)

// changeAt is a change that began so many milliseconds after noon.
func changeAt(ms int, name string) string {
	return id.Derived(feedproto.ChangePrefix, noon.Add(time.Duration(ms)*time.Millisecond), name)
}

// Whatever order changes are seen in, a cursor that was sent away and came back knows those that may come again.
func TestACursorKnowsWhatItHasSentAfterAReconnectionToo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := cursorAt(noon)
		var sent []string
		for n, ms := range rapid.SliceOfN(rapid.IntRange(0, 40_000), 1, 30).Draw(t, "changes") {
			change := changeAt(ms, string(rune('a'+n)))
			c.add(change)
			sent = append(sent, change)
		}
		back, err := parseCursor(c.String())
		if err != nil {
			t.Fatalf("%s: %v", c, err)
		}
		if back.from() != c.from() || back.String() != c.String() && len(back.seen) != len(c.seen) {
			t.Fatalf("%s came back as %s", c, back)
		}
		for _, change := range sent {
			if change > c.from() && !(c.has(change) && back.has(change)) {
				t.Fatalf("%s is looked for again and not known", change)
			}
		}
		if back.has(changeAt(5, "never sent")) {
			t.Fatal("it knows what was never sent")
		}
	})
}

func TestWhatIsNoCursorIsRefused(t *testing.T) {
	good := changeAt(0, "a")
	for _, text := range []string{
		"x", good, good + "-abc", good + "-ABCDEF012345", "feed" + good[3:] + "-", good + "-" + string(make([]byte, 12)),
	} {
		if _, err := parseCursor(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
	if c, err := parseCursor(good + "-"); err != nil || c.String() != good+"-" {
		t.Errorf("one that has seen nothing: %v, %v", c, err)
	}
}

func FuzzParseCursor(f *testing.F) {
	c := cursorAt(noon)
	f.Add(c.String())
	c.add(changeAt(1, "a"))
	c.add(changeAt(2, "b"))
	f.Add(c.String())
	f.Add("chg_-")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseCursor(text)
		if err != nil {
			return
		}
		again, err := parseCursor(c.String())
		if err != nil || cmp.Diff(c.seen, again.seen) != "" || c.last != again.last {
			t.Errorf("%q is read as %s, and that as %v, %v", text, c, again, err)
		}
	})
}
