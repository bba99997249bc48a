package money_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"farthing/pkg/errs"
	"farthing/pkg/money"
)

func TestParseRefusesWhatIsNotMoneyByNameAndRule(t *testing.T) {
	for _, c := range []struct{ text, currency string }{
		{"", "GBP"}, {"-", "GBP"}, {"3.", "GBP"}, {".5", "GBP"}, {"3.505", "GBP"}, {"1e3", "GBP"}, {"NaN", "GBP"},
		{"0x10", "GBP"}, {"3.5", "JPY"}, {"3.50", "gbp"}, {"3.50", "ZZZ"}, {"3.50", "P G"}, {"92233720368547758.08", "GBP"},
		{"--3", "GBP"}, {"٣", "GBP"},
	} {
		if got, err := money.Parse("amount", c.text, c.currency); !errs.Is(err, errs.BadRequest) {
			t.Errorf("%q %s: got %v, %v, want a bad request", c.text, c.currency, got, err)
		}
	}
}

func TestFormattingAndParsingAreInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := money.Amount{
			Minor:    rapid.Int64Range(-math.MaxInt64, math.MaxInt64).Draw(t, "minor"),
			Currency: rapid.SampledFrom([]string{"GBP", "JPY", "KWD", "USD"}).Draw(t, "currency"),
		}
		for _, text := range []string{want.Decimal(), want.Grouped()} {
			got, err := money.Parse("amount", text, want.Currency)
			if err != nil || got != want {
				t.Fatalf("%q: got %v, %v, want %v", text, got, err, want)
			}
		}
	})
}

func TestAmountsReadAsPeopleWriteThem(t *testing.T) {
	for _, c := range []struct {
		amount money.Amount
		want   string
	}{
		{money.Amount{Minor: -3_50, Currency: "GBP"}, "-£3.50"},
		{money.Amount{Minor: 1_234_56, Currency: "GBP"}, "£1,234.56"},
		{money.Amount{Minor: -5, Currency: "EUR"}, "-€0.05"},
		{money.Amount{Minor: 1000, Currency: "JPY"}, "¥1,000"},
		{money.Amount{Minor: 1_234_567, Currency: "KWD"}, "1,234.567 KWD"},
		{money.Amount{Minor: math.MinInt64, Currency: "GBP"}, "-£92,233,720,368,547,758.08"},
	} {
		if got := c.amount.Symbolic(); got != c.want {
			t.Errorf("%+v reads %q, want %q", c.amount, got, c.want)
		}
	}
}

func TestSumsNeverWrapAround(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		sum, err := money.Amount{Minor: a, Currency: "GBP"}.Plus(money.Amount{Minor: b, Currency: "GBP"})
		fits := (b >= 0 && a <= math.MaxInt64-b) || (b < 0 && a >= math.MinInt64-b)
		if fits != (err == nil) || (fits && sum.Minor != a+b) {
			t.Fatalf("%d + %d = %v, %v", a, b, sum, err)
		}
	})
}

func TestCurrenciesDoNotMix(t *testing.T) {
	_, err := money.Amount{Minor: 1, Currency: "GBP"}.Plus(money.Amount{Minor: 1, Currency: "EUR"})
	if !errs.Is(err, errs.BadRequest) {
		t.Fatalf("adding euros to pounds: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("3.50")
	f.Add("-1,234.56")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := money.Parse("amount", text, "GBP")
		if err != nil {
			return
		}
		if again, err := money.Parse("amount", got.Decimal(), "GBP"); err != nil || again != got {
			t.Fatalf("%q parsed to %v, and its own text to %v, %v", text, got, again, err)
		}
	})
}
