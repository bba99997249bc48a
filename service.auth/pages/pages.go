// Package pages is what people see at the login door: plain HTML that needs no script.
package pages

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
)

//go:embed *.html
var files embed.FS

//go:embed style.css
var style []byte

// Style is the style sheet of all pages.
func Style() []byte { return style }

// StylePath is where pages look for it.
const StylePath = "/style.css"

// Media is the media type of a page, and StyleMedia that of the style sheet.
const (
	Media      = "text/html; charset=utf-8"
	StyleMedia = "text/css; charset=utf-8"
)

// Field is what a form carries on without showing it.
type Field struct{ Name, Value string }

// Email asks who somebody is.
type Email struct {
	Client string // The name of the program that sent them.
	Fault  string // What was wrong with the answer before; "" at first.
	Fields []Field
}

// Sent says that a link is on its way, if there is anybody to send it to.
type Sent struct{ Minutes int }

// Link asks to go on with a link that was followed.
type Link struct {
	Client string
	Fields []Field
}

// Consent asks what a program may have.
type Consent struct {
	Client     string
	FirstParty bool
	Back       string   // Where the answer goes: "app.example".
	May        []string // What it may do then, in words.
	Fields     []Field
}

// SignUp asks who wants to have an account.
type SignUp struct {
	Fault     string // What was wrong with all of it; "" at first.
	Fields    []Field
	Questions []Question
}

// Question is a field of a form that is filled in.
type Question struct {
	Name, Label, Type string
	Autocomplete      string // What a browser may fill in by itself, as HTML calls it.
	Max               int    // Characters; 0 where a browser sees to it.
	Optional          bool
	Answer            string // What was filled in before.
	Fault             string // What was wrong with that.
	Focus             bool   // Where somebody goes on who has to mend it.
}

// Fault says what is wrong.
type Fault struct{ Title, Text string }

// Pages renders pages. It is safe for concurrent use.
type Pages struct{ templates map[string]*template.Template }

// New reads the templates. It fails only on one that is wrong.
func New() (*Pages, error) {
	p := &Pages{make(map[string]*template.Template)}
	for _, name := range []string{"email", "sent", "link", "consent", "fault", "signup", "applied", "welcome"} {
		read, err := template.New("layout.html").Option("missingkey=error").ParseFS(files, "layout.html", name+".html")
		if err != nil {
			return nil, fmt.Errorf("reading the page %s: %w", name, err)
		}
		p.templates[name] = read
	}
	return p, nil
}

// Email is that page.
func (p *Pages) Email(page Email) ([]byte, error) { return p.render("email", page) }

// Sent is that page.
func (p *Pages) Sent(page Sent) ([]byte, error) { return p.render("sent", page) }

// Link is that page.
func (p *Pages) Link(page Link) ([]byte, error) { return p.render("link", page) }

// Consent is that page.
func (p *Pages) Consent(page Consent) ([]byte, error) { return p.render("consent", page) }

// Fault is that page.
func (p *Pages) Fault(page Fault) ([]byte, error) { return p.render("fault", page) }

// SignUp is that page.
func (p *Pages) SignUp(page SignUp) ([]byte, error) { return p.render("signup", page) }

// Applied says that whoever has applied is told by mail what becomes of it, whatever that is.
func (p *Pages) Applied() ([]byte, error) { return p.render("applied", nil) }

// Welcome is for whoever comes by themselves, and not from a program.
func (p *Pages) Welcome() ([]byte, error) { return p.render("welcome", nil) }

func (p *Pages) render(name string, page any) ([]byte, error) {
	var out bytes.Buffer
	if err := p.templates[name].Execute(&out, page); err != nil {
		return nil, fmt.Errorf("rendering the page %s: %w", name, err)
	}
	return out.Bytes(), nil
}
