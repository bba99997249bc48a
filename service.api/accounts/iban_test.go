package accounts

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTheRemainderIsThatOfTheStandard(t *testing.T) {
	for _, valid := range []string{"WEST12345698765432GB82", "NWBK60161331926819GB29", "370400440532013000DE89"} {
		if got := remainder97(valid); got != 1 {
			t.Errorf("%s: got %d, want 1", valid, got)
		}
	}
}

func TestEveryIBANIsValidAndReadsTheSameInGroups(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sortCode := fmt.Sprintf("%06d", rapid.IntRange(0, 999_999).Draw(t, "sort code"))
		number := fmt.Sprintf("%08d", rapid.IntRange(0, 99_999_999).Draw(t, "account number"))
		got := ibanOf(sortCode, number)
		if want := bankCode + sortCode + number; got.Unformatted[4:] != want || got.Unformatted[:2] != "GB" {
			t.Fatalf("got %s for %s", got.Unformatted, want)
		}
		if remainder97(got.Unformatted[4:]+got.Unformatted[:4]) != 1 {
			t.Fatalf("%s is not valid", got.Unformatted)
		}
		if strings.ReplaceAll(got.Formatted, " ", "") != got.Unformatted || strings.Count(got.Formatted, " ") != 5 {
			t.Fatalf("got %q", got.Formatted)
		}
	})
}
