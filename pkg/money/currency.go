package money

import (
	"strings"

	"farthing/pkg/errs"
)

// The currencies in use, by how many decimals they have. Source: ISO 4217 list one (2026-01-01), less funds codes,
// metals and testing codes, which no card is billed in.
const (
	noDecimals    = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
	threeDecimals = "BHD IQD JOD KWD LYD OMR TND"
	twoDecimals   = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF " +
		"CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS " +
		"INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN " +
		"NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN " +
		"SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
)

// Exponent is how many decimals a currency has, and whether there is such a currency.
func Exponent(currency string) (int, bool) {
	if len(currency) != 3 || strings.ContainsRune(currency, ' ') {
		return 0, false
	}
	switch {
	case strings.Contains(twoDecimals, currency):
		return 2, true
	case strings.Contains(noDecimals, currency):
		return 0, true
	case strings.Contains(threeDecimals, currency):
		return 3, true
	}
	return 0, false
}

// CheckCurrency fails, naming the field, unless the text is a currency's code.
func CheckCurrency(field, currency string) error {
	if currency == "" {
		return errs.MissingParam(field)
	}
	if _, ok := Exponent(currency); !ok {
		return errs.BadParam(field, "must be an ISO 4217 code in upper case")
	}
	return nil
}
