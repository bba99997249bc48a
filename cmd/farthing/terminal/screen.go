// Package terminal writes for people: in colour where that is welcome, and in columns that line up.
package terminal

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Screen is where a command writes what it has to say.
type Screen struct {
	io.Writer

	colour   bool
	terminal bool
	width    int
}

// plainWidth is how many columns are written to what is no terminal.
const plainWidth = 100

// New is a screen on w. Colour is for terminals only, and not where the environment says that it is not wanted.
func New(w io.Writer) *Screen {
	s := &Screen{Writer: w, width: plainWidth}
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return s
	}
	s.terminal = os.Getenv("TERM") != "dumb"
	s.colour = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
		s.width = width
	}
	return s
}

// Columns is how wide the screen is.
func (s *Screen) Columns() int { return s.width }

// Terminal tells whether a line can be written over.
func (s *Screen) Terminal() bool { return s.terminal }

// Bold is for what matters most. Each dress is only put on if the screen has colours.
func (s *Screen) Bold(text string) string { return s.dress("1", text) }

// Dim is for what matters less.
func (s *Screen) Dim(text string) string { return s.dress("2", text) }

// Green is for what went well, and for money that comes in.
func (s *Screen) Green(text string) string { return s.dress("32", text) }

// Red is for what did not.
func (s *Screen) Red(text string) string { return s.dress("31", text) }

func (s *Screen) dress(code, text string) string {
	if !s.colour || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
