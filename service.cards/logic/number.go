package logic

import (
	"crypto/rand"
	"fmt"
	"math/big"

	"farthing/pkg/pan"
)

// issuerPrefix begins every number of this bank's cards. No issuer can ever have it: ISO/IEC 7812-1 gives what begins
// with 9 to the standards bodies of countries, by the three digits of ISO 3166-1 that follow, and ISO 3166-1 gives
// 900 to 999 to no country (user-assigned codes). So no number made here is a card of somebody else's.
const issuerPrefix = "999900"

// accountDigits is how many digits of a number are drawn: sixteen, less the prefix and the check digit.
const accountDigits = 9

// DrawNumber is a random card number of this bank: sixteen digits, the last of them Luhn's. Nothing says that it is
// not taken.
func DrawNumber() (pan.Number, error) {
	below := new(big.Int).Exp(big.NewInt(10), big.NewInt(accountDigits), nil)
	drawn, err := rand.Int(rand.Reader, below)
	if err != nil {
		return pan.Number{}, fmt.Errorf("drawing a card number: %w", err)
	}
	return pan.Complete(fmt.Sprintf("%s%0*d", issuerPrefix, accountDigits, drawn))
}
