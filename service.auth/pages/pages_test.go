package pages_test

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"farthing/service.auth/pages"
	authproto "farthing/service.auth/proto"
)

// odd is what somebody may have for a name.
const odd = `<script>alert(1)</script>"'&`

func all(t *testing.T) map[string][]byte {
	t.Helper()
	p, err := pages.New()
	if err != nil {
		t.Fatal(err)
	}
	fields := []pages.Field{{Name: "state", Value: odd}}
	rendered := make(map[string][]byte)
	keep := func(name string) func([]byte, error) {
		return func(page []byte, err error) {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			rendered[name] = page
		}
	}
	keep("email")(p.Email(pages.Email{Client: odd, Fields: fields}))
	keep("email, again")(p.Email(pages.Email{Client: odd, Fault: odd, Fields: fields}))
	keep("sent")(p.Sent(pages.Sent{Minutes: 15}))
	keep("link")(p.Link(pages.Link{Client: odd, Fields: fields}))
	keep("consent")(p.Consent(pages.Consent{Client: odd, Back: odd, May: []string{odd}, Fields: fields}))
	keep("our own consent")(p.Consent(pages.Consent{Client: odd, FirstParty: true, Fields: fields}))
	asked := pages.Question{Name: "email", Label: odd, Type: "email", Autocomplete: "email", Max: 254}
	answered := asked
	answered.Name, answered.Answer, answered.Fault, answered.Focus = "name", odd, odd, true
	keep("sign-up")(p.SignUp(pages.SignUp{Fields: fields, Questions: []pages.Question{asked}}))
	keep("sign-up, again")(p.SignUp(pages.SignUp{
		Fault: odd, Fields: fields, Questions: []pages.Question{asked, answered},
	}))
	keep("applied")(p.Applied())
	keep("welcome")(p.Welcome())
	keep("fault")(p.Fault(pages.Fault{Title: odd, Text: odd}))
	return rendered
}

// Whatever people and programs are called, a page holds no script, no style and nothing from elsewhere; it says its
// language, has one heading, and every field that is shown has a label.
func TestEveryPageIsPlainAndSaysWhatItIs(t *testing.T) {
	for name, page := range all(t) {
		tree, err := html.Parse(bytes.NewReader(page))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		count, labels, ids := make(map[string]int), make(map[string]bool), make(map[string]bool)
		var lang string
		var inputs, descriptions []string
		for node := range tree.Descendants() {
			if node.Type != html.ElementNode {
				continue
			}
			count[node.Data]++
			for _, attribute := range node.Attr {
				if attribute.Key == "id" {
					ids[attribute.Val] = true
				}
				switch {
				case attribute.Key == "aria-describedby":
					descriptions = append(descriptions, attribute.Val)
				case attribute.Key == "lang":
					lang = attribute.Val
				case node.Data == "label" && attribute.Key == "for":
					labels[attribute.Val] = true
				case node.Data == "input" && attribute.Key == "id":
					inputs = append(inputs, attribute.Val)
				case strings.HasPrefix(attribute.Key, "on"), attribute.Key == "style", strings.Contains(attribute.Val, "//"):
					t.Errorf("%s has %s=%q", name, attribute.Key, attribute.Val)
				}
			}
		}
		if count["script"]+count["style"]+count["iframe"]+count["img"] > 0 {
			t.Errorf("%s has what no page has: %v", name, count)
		}
		if lang != "en" || count["h1"] != 1 || count["main"] != 1 || count["title"] != 1 {
			t.Errorf("%s does not say what it is: %q, %v", name, lang, count)
		}
		for _, id := range inputs {
			if !labels[id] {
				t.Errorf("%s: the field %s has no label", name, id)
			}
		}
		for _, id := range descriptions {
			if !ids[id] {
				t.Errorf("%s: nothing is called %s, where a field is said to be described", name, id)
			}
		}
	}
}

func TestAFormCarriesOnWhatItWasGivenLetterByLetter(t *testing.T) {
	for name, page := range all(t) {
		tree, err := html.Parse(bytes.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		for node := range tree.Descendants() {
			if node.Data != "input" {
				continue
			}
			attributes := make(map[string]string)
			for _, each := range node.Attr {
				attributes[each.Key] = each.Val
			}
			if attributes["type"] == "hidden" && attributes["value"] != odd {
				t.Errorf("%s carries on %q", name, attributes["value"])
			}
		}
	}
}

func TestEveryScopeHasWordsOfItsOwn(t *testing.T) {
	seen := make(map[string]string)
	for _, scope := range authproto.Scopes() {
		words := pages.Words(scope)
		if words == "" || seen[words] != "" {
			t.Errorf("%s is %q, as is %s", scope, words, seen[words])
		}
		seen[words] = scope
	}
}
