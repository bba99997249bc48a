// Package doortest is somebody at a browser who comes to the login door, and reads their mail.
package doortest

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Browser keeps cookies, and stops at each redirect.
type Browser struct {
	t      testing.TB
	client *http.Client
	base   *url.URL
}

// New is a browser without cookies for a door at a URL. A nil transport is the machine's network.
func New(t testing.TB, transport http.RoundTripper, doorURL string) *Browser {
	t.Helper()
	base, err := url.Parse(doorURL)
	if err != nil {
		t.Fatalf("the door's URL: %v", err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatalf("making a cookie jar: %v", err)
	}
	return &Browser{t, &http.Client{
		Transport: transport, Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, base}
}

// Page is what a browser shows.
type Page struct {
	Status int
	Header http.Header
	Text   string
	Action string     // Where its form goes; "" if it has none.
	Hidden url.Values // What its form carries on.
}

// Location is where the browser is sent.
func (p Page) Location() string { return p.Header.Get("Location") }

// Title is the page's.
func (p Page) Title() string {
	_, rest, _ := strings.Cut(p.Text, "<title>")
	title, _, _ := strings.Cut(rest, "</title>")
	return title
}

// Get opens an address, of the door if it begins with a slash.
func (b *Browser) Get(address string) Page {
	b.t.Helper()
	return b.send(http.MethodGet, address, nil)
}

// Submit fills in a page's form, with fields as name, value, name, value, and sends it.
func (b *Browser) Submit(p Page, fields ...string) Page {
	b.t.Helper()
	if p.Action == "" {
		b.t.Fatalf("there is no form on %d %q", p.Status, p.Title())
	}
	values := make(url.Values)
	for name, each := range p.Hidden {
		values[name] = each
	}
	for i := 0; i+1 < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	return b.send(http.MethodPost, p.Action, values)
}

func (b *Browser) send(method, address string, form url.Values) Page {
	b.t.Helper()
	target, err := b.base.Parse(address)
	if err != nil {
		b.t.Fatalf("the address: %v", err)
	}
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, target.String(), body)
	if err != nil {
		b.t.Fatalf("making a request: %v", err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("Accept", "text/html,application/xhtml+xml")
	rsp, err := b.client.Do(req)
	if err != nil {
		b.t.Fatalf("sending a request: %v", err)
	}
	defer func() { _ = rsp.Body.Close() }()
	text, err := io.ReadAll(rsp.Body)
	if err != nil {
		b.t.Fatalf("reading a page: %v", err)
	}
	page := Page{Status: rsp.StatusCode, Header: rsp.Header, Text: string(text), Hidden: make(url.Values)}
	page.readForm(b.t)
	return page
}

func (p *Page) readForm(t testing.TB) {
	t.Helper()
	tree, err := html.Parse(strings.NewReader(p.Text))
	if err != nil {
		t.Fatalf("reading a page: %v", err)
	}
	for node := range tree.Descendants() {
		attributes := make(map[string]string)
		for _, each := range node.Attr {
			attributes[each.Key] = each.Val
		}
		switch {
		case node.Data == "form":
			p.Action = attributes["action"]
		case node.Data == "input" && attributes["type"] == "hidden":
			p.Hidden.Add(attributes["name"], attributes["value"])
		}
	}
}

// Ask begins to log in with an address that a program made, and answers the page after the e-mail was sent off.
func (b *Browser) Ask(authoriseURL, email string) Page {
	b.t.Helper()
	page := b.Get(authoriseURL)
	if page.Status != http.StatusOK {
		b.t.Fatalf("logging in begins with %d %q", page.Status, page.Title())
	}
	return b.Submit(page, "email", email)
}

// Follow follows a link out of a mail, and answers the page that asks what the program may have.
func (b *Browser) Follow(link string) Page {
	b.t.Helper()
	page := b.Submit(b.Get(link))
	if page.Status != http.StatusFound {
		b.t.Fatalf("the link leads to %d %q", page.Status, page.Title())
	}
	return b.Get(page.Location())
}

// Approve lets a program have what it asks for, and answers where the browser is sent.
func (b *Browser) Approve(consent Page) string {
	b.t.Helper()
	page := b.Submit(consent, "answer", "approve")
	if page.Status != http.StatusFound {
		b.t.Fatalf("approving leads to %d %q", page.Status, page.Title())
	}
	return page.Location()
}

// LinkIn is the login link in a mail, "" if there is none.
func LinkIn(mail string) string {
	return regexp.MustCompile(`(?m)^https?://\S+/link\?\S+`).FindString(mail)
}
