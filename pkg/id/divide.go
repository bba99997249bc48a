package id

import "math/bits"

// divide62 divides the 128-bit number high:low by 62.
func divide62(high, low uint64) (quotientHigh, quotientLow, remainder uint64) {
	quotientHigh, remainder = high/62, high%62
	quotientLow, remainder = bits.Div64(remainder, low, 62)
	return quotientHigh, quotientLow, remainder
}
