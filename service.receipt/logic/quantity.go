// Package logic is how the numbers of a receipt are read that are no amounts of money.
package logic

import (
	"strconv"
	"strings"
)

// Digits of a quantity before its point and after it: a float's, as programs write them, fit.
const (
	wholeMax    = 12
	fractionMax = 18
	exponentMax = wholeMax + fractionMax
)

// Quantity is how much was bought, from a JSON number, as a plain decimal without needless digits: "18.560", "1856e-2"
// and "18.56" are "18.56". Nothing is rounded: it is false for what has more than 12 digits before the point or 18
// after it, and for what is no number. An empty text is "0".
func Quantity(text string) (string, bool) {
	if text == "" {
		return "0", true
	}
	digits, negative := strings.CutPrefix(text, "-")
	mantissa, shift, ok := exponent(digits)
	if !ok {
		return "", false
	}
	whole, fraction, pointed := strings.Cut(mantissa, ".")
	if !allDigits(whole) || pointed && !allDigits(fraction) {
		return "", false
	}
	whole, fraction = shifted(strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0"), shift)
	switch {
	case len(whole) > wholeMax || len(fraction) > fractionMax:
		return "", false
	case whole == "" && fraction == "":
		return "0", true
	case whole == "":
		whole = "0"
	}
	if fraction != "" {
		whole += "." + fraction
	}
	if negative {
		whole = "-" + whole
	}
	return whole, true
}

// exponent takes "e-2" off a number.
func exponent(digits string) (mantissa string, shift int, ok bool) {
	at := strings.IndexAny(digits, "eE")
	if at < 0 {
		return digits, 0, true
	}
	shift, err := strconv.Atoi(digits[at+1:])
	return digits[:at], shift, err == nil && -exponentMax <= shift && shift <= exponentMax
}

// shifted moves the point between two runs of digits to the right, or to the left if places is negative, and drops the
// zeros that say nothing then.
func shifted(whole, fraction string, places int) (string, string) {
	if places > 0 {
		fraction += strings.Repeat("0", max(places-len(fraction), 0))
		whole, fraction = whole+fraction[:places], fraction[places:]
	} else if places < 0 {
		whole = strings.Repeat("0", max(-places-len(whole), 0)) + whole
		cut := len(whole) + places
		whole, fraction = whole[:cut], whole[cut:]+fraction
	}
	return strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
}

func allDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }
