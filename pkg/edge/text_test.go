package edge_test

import (
	"strings"
	"testing"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
)

func TestTextThatCanBeShownPasses(t *testing.T) {
	for _, text := range []string{
		"", "PRET A MANGER 1234 LONDON GBR", "Café 中文 العربية", "👩‍👩‍👧 🥪", strings.Repeat("é", 40), "a\u00a0b",
	} {
		if err := edge.Text("descriptor", text, 40); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestTextThatBreaksARuleIsNamedAndNotQuoted(t *testing.T) {
	for text, rule := range map[string]string{
		strings.Repeat("x", 10<<10): "at most 40 characters",
		strings.Repeat("é", 41):     "at most 40 characters",
		"PRET\x00A MANGER":          "control characters",
		"PRET\nA MANGER":            "control characters",
		"\x1b[31mPRET":              "control characters",
		"PRET\x7f":                  "control characters",
		"PRET\u0085":                "control characters",
		"PRET\u2028":                "control characters",
		"PRET\u202eREGNAM":          "control characters",
		"PRET\u2066":                "control characters",
		"PRET\xff":                  "valid UTF-8",
		"PRET\xed\xa0\x80":          "valid UTF-8",
	} {
		err := edge.Text("descriptor", text, 40)
		if !errs.Is(err, "bad_request.bad_param.descriptor") || !strings.Contains(err.Error(), rule) {
			t.Errorf("%.20q: got %v, want %q", text, err, rule)
		} else if strings.Contains(err.Error(), "PRET") {
			t.Errorf("the error quotes the text: %v", err)
		}
	}
}

func TestLinesAndTabsPassWherePeopleTypeThem(t *testing.T) {
	if err := edge.Lines("notes", "a\r\nb\n\tc", 7); err != nil {
		t.Error(err)
	}
	for _, text := range []string{"a\rb", "a\x00", strings.Repeat("\n", 8)} {
		if err := edge.Lines("notes", text, 7); !errs.Is(err, "bad_request.bad_param.notes") {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

func TestAURLNamesAHostUnderAScheme(t *testing.T) {
	for value, rule := range map[string]string{
		"":                                   "",
		"https://example.com":                "",
		"HTTPS://example.com/a b":            "begins with https:// or http://",
		"http://127.0.0.1:8080/a?b=c#d":      "",
		"https://exämple.com/é.png":          "",
		"https://[::1]/":                     "",
		"https://":                           "begins with",
		"https:///path":                      "begins with",
		"https://:443":                       "begins with",
		"//example.com":                      "begins with",
		"www.example.com/image.png":          "begins with",
		"javascript:alert(1)":                "begins with",
		"data:text/html,hello":               "begins with",
		"file:///etc/passwd":                 "begins with",
		"https://example.com:x/":             "begins with",
		"https://a\">b":                      "begins with",
		"https://bank.com@evil.com":          "no user name",
		"https://a:b@evil.com":               "no user name",
		"https://example.com/\n":             "control characters",
		"https://" + strings.Repeat("a", 60): "at most 60 characters",
	} {
		err := edge.URL("url", value, 60, "https", "http")
		switch {
		case rule == "" && err != nil:
			t.Errorf("%q: %v", value, err)
		case rule != "" && (!errs.Is(err, "bad_request.bad_param.url") || !strings.Contains(err.Error(), rule)):
			t.Errorf("%q: got %v, want %q", value, err, rule)
		}
	}
}
