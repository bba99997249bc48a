package money

import (
	"strings"
	"testing"
)

func TestEveryCurrencyHasANumericCodeOfItsOwn(t *testing.T) {
	seen := make(map[string]string)
	for currency := range strings.FieldsSeq(noDecimals + " " + twoDecimals + " " + threeDecimals) {
		code, ok := Numeric(currency)
		if !ok || seen[code] != "" {
			t.Errorf("%s has the numeric code %q, as %q has", currency, code, seen[code])
		}
		if back, ok := OfNumeric(code); !ok || back != currency {
			t.Errorf("%s has the numeric code %s, which is %q's", currency, code, back)
		}
		seen[code] = currency
	}
	if entries := len(strings.Fields(numeric)); entries != len(seen) {
		t.Errorf("%d currencies have numeric codes, and there are %d", entries, len(seen))
	}
}

func TestNumericCodesAreTheStandards(t *testing.T) {
	for currency, want := range map[string]string{
		"GBP": "826", "EUR": "978", "USD": "840", "JPY": "392", "KWD": "414", "AED": "784", "ZWG": "924",
	} {
		if got, ok := Numeric(currency); !ok || got != want {
			t.Errorf("%s: got %q, want %s", currency, got, want)
		}
	}
	for _, nothing := range []string{"", "GB", "gbp", "ZZZ", "P7", "4 A", "GBP8"} {
		if got, ok := Numeric(nothing); ok {
			t.Errorf("%q has the numeric code %s", nothing, got)
		}
		if got, ok := OfNumeric(nothing); ok {
			t.Errorf("%q is the numeric code of %s", nothing, got)
		}
	}
}
