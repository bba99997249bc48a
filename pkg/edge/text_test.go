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
