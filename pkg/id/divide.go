package id

import "math/bits"

// divide62 divides the 128-bit number high:low by 62.
func divide62(high, low uint64) (quotientHigh, quotientLow, remainder uint64) {
	quotientHigh, remainder = high/62, high%62
	quotientLow, remainder = bits.Div64(remainder, low, 62)
	return quotientHigh, quotientLow, remainder
}

// multiply62 multiplies the 128-bit number high:low by 62 and adds to it. It is not ok if that takes more bits.
func multiply62(high, low, add uint64) (productHigh, productLow uint64, ok bool) {
	carry, productLow := bits.Mul64(low, 62)
	productLow, overflow := bits.Add64(productLow, add, 0)
	beyond, productHigh := bits.Mul64(high, 62)
	productHigh, lost := bits.Add64(productHigh, carry, overflow)
	return productHigh, productLow, beyond == 0 && lost == 0
}
