package logic

import (
	"math/big"
	"regexp"
	"strings"

	"farthing/pkg/errs"
	"farthing/pkg/money"
	moneyproto "farthing/pkg/money/proto"
)

// rateText is a rate as it is sent.
var rateText = regexp.MustCompile(`^[0-9]{1,12}(\.[0-9]{1,12})?$`)

// RateOf is what one unit of the merchant's currency was reckoned at in the account's: as the network said, which must
// be true to within a minor unit; or, if it said nothing, the one amount by the other. It is nil at home. It checks
// what it is given, naming the field and the rule; the amounts are good ones, the merchant's nil if nobody said.
func RateOf(amount, local *moneyproto.Money, sent string) (*moneyproto.Rate, error) {
	if local == nil || local.GetCurrency() == amount.GetCurrency() {
		if sent != "" {
			return nil, errs.BadParam("conversion_rate", "needs a 'local_amount' in another currency")
		}
		return nil, nil //nolint:nilnil // Nothing was converted.
	}
	billed, charged := major(amount), major(local)
	if sent == "" {
		return &moneyproto.Rate{Decimal: rounded(new(big.Rat).Quo(billed, charged)), Derived: true}, nil
	}
	rate, ok := new(big.Rat).SetString(sent)
	if !ok || !rateText.MatchString(sent) || rate.Sign() == 0 {
		return nil, errs.BadParam("conversion_rate", "must be a decimal of at most 12 digits before and after its point")
	}
	off := new(big.Rat).Sub(billed, rate.Mul(rate, charged))
	if off.Abs(off).Cmp(major(&moneyproto.Money{Minor: 1, Currency: amount.GetCurrency()})) > 0 {
		return nil, errs.BadParam("conversion_rate", "must make 'amount' of 'local_amount', to within a minor unit")
	}
	return &moneyproto.Rate{Decimal: sent}, nil
}

// major is an amount in major units, exactly.
func major(amount *moneyproto.Money) *big.Rat {
	exponent, _ := money.Exponent(amount.GetCurrency())
	units := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(exponent)), nil)
	return new(big.Rat).SetFrac(big.NewInt(amount.GetMinor()), units)
}

// significant is how many digits of a derived rate are kept at least: more than any network sends.
const significant = 8

// rounded is a number of more than zero as a decimal.
func rounded(rate *big.Rat) string {
	for decimals := significant; ; decimals++ {
		text := rate.FloatString(decimals)
		digits := strings.TrimLeft(strings.Replace(text, ".", "", 1), "0")
		if len(digits) >= significant {
			return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
		}
	}
}
