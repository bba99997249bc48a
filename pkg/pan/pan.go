// Package pan is the number on a card, in a type that does not show it.
package pan

import (
	"crypto/subtle"
	"fmt"
	"log/slog"
	"strings"

	"farthing/pkg/errs"
)

// The lengths that ISO/IEC 7812 allows.
const (
	digitsMin = 12
	digitsMax = 19
)

// Number is a primary account number. Printed, logged or encoded, in whatever way, it shows its last four digits and
// nothing else; only Reveal answers the whole. The zero Number is no number. Compare with Equal, not with ==.
type Number struct {
	// A pointer, because fmt walks through the unexported fields of others without asking any method of ours, and
	// shows of a pointer inside only an address.
	digits *string
}

// Parse reads a card's number: 12 to 19 digits, nothing between them, with the right check digit. It fails naming the
// field and the rule, and never quotes the text.
func Parse(field, text string) (Number, error) {
	switch {
	case text == "":
		return Number{}, errs.MissingParam(field)
	case len(text) < digitsMin || len(text) > digitsMax || !allDigits(text):
		return Number{}, errs.BadParam(field, fmt.Sprintf("must have %d to %d digits and nothing else", digitsMin, digitsMax))
	case checkDigit(text[:len(text)-1]) != text[len(text)-1]:
		return Number{}, errs.BadParam(field, "must be a card number: its check digit is wrong")
	}
	return Number{&text}, nil
}

// Complete makes a number of all its digits but the check digit, for a bank that issues cards.
func Complete(payload string) (Number, error) {
	if !allDigits(payload) {
		return Number{}, errs.BadParam("payload", "must be digits")
	}
	return Parse("payload", payload+string(checkDigit(payload)))
}

// Reveal is the whole number. It is for the vault and for whoever must pass it on, and goes into nothing that lasts.
func (n Number) Reveal() string {
	if n.digits == nil {
		return ""
	}
	return *n.digits
}

// Last4 is all of the number that may be shown, "" of the zero Number.
func (n Number) Last4() string {
	if n.digits == nil {
		return ""
	}
	return (*n.digits)[len(*n.digits)-4:]
}

// IsZero tells whether there is no number.
func (n Number) IsZero() bool { return n.digits == nil }

// Equal compares in a time that does not tell where two numbers differ.
func (n Number) Equal(other Number) bool {
	return subtle.ConstantTimeCompare([]byte(n.Reveal()), []byte(other.Reveal())) == 1
}

// String is the masked number, "****1234".
func (n Number) String() string {
	if n.digits == nil {
		return ""
	}
	return "****" + n.Last4()
}

// GoString is the masked number.
func (n Number) GoString() string { return n.String() }

// Format writes the masked number whatever the verb: %x and %d would go round String.
func (n Number) Format(state fmt.State, verb rune) {
	masked := n.String()
	if verb == 'q' {
		masked = `"` + masked + `"`
	}
	fmt.Fprint(state, masked)
}

// LogValue is the masked number.
func (n Number) LogValue() slog.Value { return slog.StringValue(n.String()) }

// MarshalText is the masked number, for JSON too: an encoded Number cannot be read back.
func (n Number) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads a number, so that a decoded body never holds it as plain text. Faults name the field "pan".
func (n *Number) UnmarshalText(text []byte) error {
	parsed, err := Parse("pan", string(text))
	if err != nil {
		return err
	}
	*n = parsed
	return nil
}

// checkDigit is the Luhn digit that belongs after the payload.
func checkDigit(payload string) byte {
	sum := 0
	for i := range len(payload) {
		digit := int(payload[len(payload)-1-i] - '0')
		if i%2 == 0 { // Every other digit, from the right, counts double, and its own digits are summed.
			digit *= 2
			if digit > 9 {
				digit -= 9
			}
		}
		sum += digit
	}
	return byte('0' + (10-sum%10)%10)
}

func allDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }
