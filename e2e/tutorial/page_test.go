package tutorial

import (
	"bufio"
	"os"
	"regexp"
	"strings"
	"testing"
)

// What may stand in a comment before a block.
const (
	inTerminal = "terminal" // NAME: the block runs in a terminal of its own, until the page ends.
	repeated   = "again"    // What it shows takes a moment: it is asked again until it is so.
	inFile     = "file"     // PATH: the block is what the reader saves there.
	inBrowser  = "browser"  // EMAIL: what it prints is opened in a browser by whoever has that address.
)

// block is a fenced one, with what the comment before it says.
type block struct {
	line         int // Where it begins.
	language     string
	marker, mark string
	text         []string
}

// exchange is a command and what it prints.
type exchange struct {
	line          int
	command, want string
}

var comment = regexp.MustCompile(`^<!-- (\w+)(?:: (\S+))? -->$`)

// blocksOf reads a page.
func blocksOf(t *testing.T, path string) []block {
	t.Helper()
	page, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer page.Close()
	var blocks []block
	var next block
	inside := false
	lines := bufio.NewScanner(page)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		language, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && inside:
			blocks = append(blocks, next)
			next, inside = block{}, false
		case fence:
			next.line, next.language, inside = n, language, true
		case inside:
			next.text = append(next.text, line)
		default:
			next = block{}
			if said := comment.FindStringSubmatch(line); said != nil {
				next.marker, next.mark = said[1], said[2]
			}
		}
	}
	if err := lines.Err(); err != nil || inside {
		t.Fatalf("%s does not end: %v", path, err)
	}
	return blocks
}

// exchanges are the commands of a block, each with what stands below it. What stands above the first is an exchange
// without a command: a terminal shows it by and by.
func (b block) exchanges() []exchange {
	var all []exchange
	more := false
	for n, line := range b.text {
		command, begins := strings.CutPrefix(line, "$ ")
		switch {
		case begins && !more:
			all = append(all, exchange{line: b.line + n + 1, command: command})
		case more:
			all[len(all)-1].command += "\n" + line
		default:
			if len(all) == 0 {
				all = append(all, exchange{line: b.line + n + 1})
			}
			all[len(all)-1].want += line + "\n"
		}
		more = (begins || more) && (strings.HasSuffix(line, `\`) || strings.HasSuffix(line, "|"))
	}
	return all
}

// pattern matches what is shown: an ellipsis is anything within a line, and one alone on its line any lines.
func pattern(want string) string {
	var out strings.Builder
	for line := range strings.Lines(want) {
		if line == "…\n" {
			out.WriteString(`(?:.*\n)*?`)
			continue
		}
		out.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".*?"))
	}
	return out.String()
}

func TestWhatIsShownIsComparedButForEllipses(t *testing.T) {
	const want = "approved, … ms, balance 46.50\n…\nend of it\n"
	whole := regexp.MustCompile(`^` + pattern(want) + `$`)
	for said, same := range map[string]bool{
		"approved, 4 ms, balance 46.50\nend of it\n":       true,
		"approved, 4 ms, balance 46.50\na\nb\nend of it\n": true,
		"approved, 4 ms, balance 46x50\nend of it\n":       false,
		"approved, 4\n ms, balance 46.50\nend of it\n":     false,
		"approved, 4 ms, balance 46.50\nend of it\nand\n":  false,
	} {
		if whole.MatchString(said) != same {
			t.Errorf("%q: got %v", said, !same)
		}
	}
}

func TestABlockIsCommandsWithWhatTheyPrint(t *testing.T) {
	got := block{text: []string{"first", "$ a |", "  b \\", "  c", "of c", "$ d"}}.exchanges()
	want := []exchange{{1, "", "first\n"}, {2, "a |\n  b \\\n  c", "of c\n"}, {6, "d", ""}}
	if len(got) != len(want) {
		t.Fatalf("got %+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %+v, want %+v", got[i], want[i])
		}
	}
}
