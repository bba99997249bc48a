// Package money is amounts in minor units with a currency. Nothing here rounds, and nothing is a float.
package money

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"farthing/pkg/errs"
)

// Amount is a number of minor units (pence for GBP) of one ISO 4217 currency.
type Amount struct {
	Minor    int64
	Currency string // Three upper-case letters.
}

// Plus is the sum. It fails on another currency and on overflow.
func (a Amount) Plus(b Amount) (Amount, error) {
	if a.Currency != b.Currency {
		return Amount{}, errs.BadParam("currency", "must be "+a.Currency)
	}
	sum := a.Minor + b.Minor
	if (sum > a.Minor) != (b.Minor > 0) {
		return Amount{}, errs.BadParam("amount", "is too large")
	}
	return Amount{sum, a.Currency}, nil
}

// Negated is the amount the other way.
func (a Amount) Negated() Amount { return Amount{Minor: -a.Minor, Currency: a.Currency} }

// Minus is the difference. It fails as Plus does.
func (a Amount) Minus(b Amount) (Amount, error) {
	if b.Minor == math.MinInt64 {
		return Amount{}, errs.BadParam("amount", "is too large")
	}
	return a.Plus(Amount{-b.Minor, b.Currency})
}

// Decimal is the amount in major units with all its decimals and no grouping: "-1234.50".
func (a Amount) Decimal() string { return a.format("") }

// String is Decimal with grouped thousands and the currency: "-1,234.50 GBP".
func (a Amount) String() string { return a.format(",") + " " + a.Currency }

// Grouped is the amount in major units with grouped thousands: "1,234.50".
func (a Amount) Grouped() string { return a.format(",") }

// Symbolic is how a customer sees it: "-£3.50", and "-3.50 CHF" for a currency without a sign of its own.
func (a Amount) Symbolic() string {
	sign, ok := symbols()[a.Currency]
	if !ok {
		return a.String()
	}
	number, negative := strings.CutPrefix(a.format(","), "-")
	if negative {
		return "-" + sign + number
	}
	return sign + number
}

func symbols() map[string]string {
	return map[string]string{"GBP": "£", "EUR": "€", "USD": "$", "JPY": "¥"}
}

func (a Amount) format(group string) string {
	exponent, ok := Exponent(a.Currency)
	if !ok {
		exponent = 0 // The number itself, rather than a guess at its decimals.
	}
	digits := strconv.FormatUint(magnitude(a.Minor), 10)
	if missing := exponent + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	whole, fraction := digits[:len(digits)-exponent], digits[len(digits)-exponent:]
	text := grouped(whole, group)
	if exponent > 0 {
		text += "." + fraction
	}
	if a.Minor < 0 {
		return "-" + text
	}
	return text
}

// magnitude is |n|, which int64 itself cannot hold for the least of its values.
func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n) //nolint:gosec // Two's complement: this is exactly the magnitude.
	}
	return uint64(n)
}

func grouped(whole, separator string) string {
	for i := len(whole) - 3; i > 0 && separator != ""; i -= 3 {
		whole = whole[:i] + separator + whole[i:]
	}
	return whole
}

// Parse reads a decimal number of major units, as a person types it: "3.50", "1,234", "-2". It names the field and
// the rule when the text is not one: more decimals than the currency has are refused, never rounded.
func Parse(field, text, currency string) (Amount, error) {
	exponent, ok := Exponent(currency)
	if !ok {
		return Amount{}, errs.BadParam("currency", "must be an ISO 4217 code")
	}
	number, negative := strings.CutPrefix(strings.ReplaceAll(text, ",", ""), "-")
	whole, fraction, pointed := strings.Cut(number, ".")
	if !allDigits(whole) || (pointed && !allDigits(fraction)) {
		return Amount{}, errs.BadParam(field, "must be a decimal number, such as 3.50")
	}
	if len(fraction) > exponent {
		return Amount{}, errs.BadParam(field, fmt.Sprintf("must have at most %d decimals in %s", exponent, currency))
	}
	minor, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", exponent-len(fraction)), 10, 64)
	if err != nil {
		return Amount{}, errs.BadParam(field, "is too large")
	}
	if negative {
		minor = -minor
	}
	return Amount{minor, currency}, nil
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
