package logic_test

import (
	"fmt"
	"strings"
	"testing"

	"farthing/pkg/errs"
	"farthing/service.account/logic"
)

func TestWhatCannotBeOpenedIsNamed(t *testing.T) {
	for _, each := range []struct{ kind, currency, code string }{
		{"uk_retail", "GBP", ""},
		{"uk_retail", "JPY", ""},
		{"", "GBP", "bad_request.missing_param.type"},
		{"uk_retail_joint", "GBP", "bad_request.bad_param.type"},
		{"UK_RETAIL", "GBP", "bad_request.bad_param.type"},
		{"uk_retail", "", "bad_request.missing_param.currency"},
		{"uk_retail", "gbp", "bad_request.bad_param.currency"},
		{"uk_retail", "XXX", "bad_request.bad_param.currency"},
	} {
		err := logic.Account{Type: each.kind, Currency: each.currency}.Check()
		if got := errs.Of(err); (got == nil) != (each.code == "") || got != nil && got.Code != each.code {
			t.Errorf("%q in %q: got %v, want %q", each.kind, each.currency, err, each.code)
		}
	}
}

func TestNumbersAreEightDigitsAndSpreadEvenly(t *testing.T) {
	const accounts, attempts = 2_000, 5
	seen := make(map[string]bool)
	var first [10]int
	for account := range accounts {
		for attempt := range attempts {
			number := logic.NumberOf(fmt.Sprint("acc_", account), attempt)
			if len(number) != 8 || strings.Trim(number, "0123456789") != "" {
				t.Fatalf("%q is not eight digits", number)
			}
			if again := logic.NumberOf(fmt.Sprint("acc_", account), attempt); again != number {
				t.Fatalf("asked again: %s, then %s", number, again)
			}
			seen[number] = true
			first[number[0]-'0']++
		}
	}
	// Ten thousand of a hundred million: about half a pair meets.
	if len(seen) < accounts*attempts-8 {
		t.Errorf("only %d of %d numbers differ", len(seen), accounts*attempts)
	}
	for digit, n := range first {
		if n < 850 || n > 1150 {
			t.Errorf("%d numbers of %d begin with %d", n, accounts*attempts, digit)
		}
	}
}
