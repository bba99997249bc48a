package logic_test

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"farthing/pkg/errs"
	moneyproto "farthing/pkg/money/proto"
	"farthing/service.card-processing/logic"
)

func amountOf(minor int64, currency string) *moneyproto.Money {
	return &moneyproto.Money{Minor: minor, Currency: currency}
}

func TestARateMustMakeOneAmountOfTheOtherToWithinAMinorUnit(t *testing.T) {
	for _, c := range []struct {
		amount, local *moneyproto.Money
		rate          string
		good          bool
	}{
		{amountOf(10_21, "GBP"), amountOf(12_00, "EUR"), "0.8512", true}, // 10.2144.
		{amountOf(10_22, "GBP"), amountOf(12_00, "EUR"), "0.8512", true}, // Rounded up.
		{amountOf(10_23, "GBP"), amountOf(12_00, "EUR"), "0.8512", false},
		{amountOf(10_20, "GBP"), amountOf(12_00, "EUR"), "0.8512", false},
		{amountOf(5_20, "GBP"), amountOf(1_000, "JPY"), "0.0052", true}, // Yen have no decimals,
		{amountOf(2_550, "GBP"), amountOf(10_000, "KWD"), "2.55", true}, // dinars three.
		{amountOf(25_50, "GBP"), amountOf(10_00, "KWD"), "2.55", false},
		{amountOf(math.MaxInt64, "GBP"), amountOf(math.MaxInt64, "USD"), "1", true},
		{amountOf(math.MaxInt64-2, "GBP"), amountOf(math.MaxInt64, "USD"), "1.0", false},
		{amountOf(1, "GBP"), amountOf(1_00, "EUR"), "0", false},
		{amountOf(1_00, "GBP"), amountOf(1_00, "EUR"), "-1", false},
		{amountOf(1_00, "GBP"), amountOf(1_00, "EUR"), "1/1", false},
		{amountOf(1_00, "GBP"), amountOf(1_00, "EUR"), "1e0", false},
		{amountOf(1_00, "GBP"), amountOf(1_00, "EUR"), "1.", false},
		{amountOf(1_00, "GBP"), amountOf(1_00, "EUR"), "1.0000000000000", false},
		{amountOf(1_00, "GBP"), amountOf(1_00, "GBP"), "1", false}, {amountOf(1_00, "GBP"), nil, "1", false},
	} {
		rate, err := logic.RateOf(c.amount, c.local, c.rate)
		if c.good != (err == nil) || err != nil && !errs.Is(err, "bad_request.bad_param.conversion_rate") {
			t.Errorf("%v of %v at %s: %v", c.amount, c.local, c.rate, err)
		}
		if c.good && (rate.GetDecimal() != c.rate || rate.GetDerived()) {
			t.Errorf("%s is kept as %v", c.rate, rate)
		}
	}
}

func TestARateThatNobodySaidIsDerivedAndMarkedSo(t *testing.T) {
	for want, c := range map[string]struct{ amount, local *moneyproto.Money }{
		"0.85083333": {amountOf(10_21, "GBP"), amountOf(12_00, "EUR")},
		"0.0052":     {amountOf(5_20, "GBP"), amountOf(1_000, "JPY")},
		"2":          {amountOf(2_00, "GBP"), amountOf(1_00, "EUR")},
		"":           {amountOf(2_00, "GBP"), amountOf(1_00, "GBP")},
	} {
		rate, err := logic.RateOf(c.amount, c.local, "")
		if err != nil || rate.GetDecimal() != want || rate.GetDerived() != (want != "") {
			t.Errorf("%v of %v: %v, %v, want %s", c.amount, c.local, rate, err, want)
		}
	}
}

// However large or small the amounts are, a derived rate is theirs to a ten-millionth part.
func TestADerivedRateIsThatOfItsAmounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := amountOf(rapid.Int64Range(1, math.MaxInt64).Draw(t, "amount"), "GBP")
		local := amountOf(rapid.Int64Range(1, math.MaxInt64).Draw(t, "local"), "EUR")
		rate, err := logic.RateOf(amount, local, "")
		got, ok := new(big.Rat).SetString(rate.GetDecimal())
		if err != nil || !ok {
			t.Fatalf("%v, %v", rate, err)
		}
		want := big.NewRat(amount.GetMinor(), local.GetMinor())
		off := new(big.Rat).Sub(got, want)
		if off.Abs(off).Mul(off, big.NewRat(10_000_000, 1)).Cmp(want) > 0 {
			t.Fatalf("%s is not %v", rate.GetDecimal(), want)
		}
	})
}
