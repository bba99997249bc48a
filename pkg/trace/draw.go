package trace

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	leastWidth = 60
	numbers    = 20 // Columns of the two durations after a bar, spaces included.
	labelShare = 2  // The label may take one part in so many of what the numbers leave.
)

// Draw writes lines as a waterfall of plain text, width columns wide (at least 60): what ran where, a bar from its
// start to its end over the whole of the trace, how long it took and how much of that was its own. Colour is the
// caller's to add: paint gets each line's text and the line, and answers what to write; nil leaves it plain.
func Draw(w io.Writer, lines []Line, width int, paint func(string, Line) string) error {
	width = max(width, leastWidth)
	var total time.Duration
	longest := 0
	for _, l := range lines {
		total = max(total, l.Offset+l.Duration)
		longest = max(longest, utf8.RuneCountInString(label(l)))
	}
	labelled := min(longest, (width-numbers)/labelShare)
	bars := width - numbers - labelled - 1
	for _, l := range lines {
		text := fmt.Sprintf("%s %s %9s %9s", fit(label(l), labelled), bar(l, total, bars), short(l.Duration), short(l.Self))
		if paint != nil {
			text = paint(text, l)
		}
		if _, err := fmt.Fprintln(w, text); err != nil {
			return fmt.Errorf("drawing the trace: %w", err)
		}
	}
	return nil
}

// label is a span's place in the tree and what it is: "  service.balance  Reserve  server".
func label(l Line) string {
	name := l.Name
	if strings.HasPrefix(name, "/") { // A method of an RPC, whose service goes without saying.
		name = name[strings.LastIndexByte(name, '/')+1:]
	}
	text := strings.Repeat("  ", l.Depth) + strings.TrimPrefix(l.Service, "service.") + " " + name + " " + string(l.Kind)
	if l.Status != "ok" {
		text += " ! " + l.Status
	}
	return text
}

// fit cuts or pads text to so many columns.
func fit(text string, columns int) string {
	runes := []rune(text)
	if len(runes) > columns {
		return string(runes[:columns-1]) + "…"
	}
	return text + strings.Repeat(" ", columns-len(runes))
}

// bar is where in the whole a span lies; even the shortest shows.
func bar(l Line, total time.Duration, columns int) string {
	from, to := 0, columns
	if total > 0 {
		from = min(scale(l.Offset, total, columns), columns-1)
		to = max(from+1, min(scale(l.Offset+l.Duration, total, columns), columns))
	}
	return strings.Repeat(" ", from) + strings.Repeat("█", to-from) + strings.Repeat(" ", columns-to)
}

func scale(part, whole time.Duration, columns int) int {
	return int(int64(max(part, 0)) / max(int64(whole)/int64(columns), 1))
}

// short is a duration in three or four digits: 84µs, 1.25ms, 312ms, 4.2s.
func short(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < 10*time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	case d < time.Second:
		return d.Round(100 * time.Microsecond).String()
	default:
		return d.Round(10 * time.Millisecond).String()
	}
}
