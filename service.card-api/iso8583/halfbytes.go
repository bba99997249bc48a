package iso8583

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/moov-io/iso8583/encoding"
)

// halfBytes writes two digits to a byte, with a zero before an odd number of them: BCD, and the separators of a stripe
// besides. The library's own BCD makes its tables anew for each field, and takes anything for the zero.
type halfBytes struct{}

var errHalfBytes = errors.New("not as many half bytes as there should be, or others")

// Encode is as encoding.Encoder says.
func (halfBytes) Encode(digits []byte) ([]byte, error) {
	even := make([]byte, 0, len(digits)+1)
	if len(digits)%2 != 0 {
		even = append(even, '0')
	}
	even = append(even, digits...)
	packed := make([]byte, len(even)/2)
	if _, err := hex.Decode(packed, even); err != nil {
		return nil, errHalfBytes // The library's words quote the digits.
	}
	return packed, nil
}

// Decode is as encoding.Encoder says.
func (halfBytes) Decode(data []byte, length int) (digits []byte, read int, err error) {
	read = (length + 1) / 2
	if length < 0 || len(data) < read {
		return nil, 0, errHalfBytes
	}
	even := make([]byte, 2*read)
	hex.Encode(even, data[:read])
	odd := len(even) - length
	if odd == 1 && even[0] != '0' {
		return nil, 0, errHalfBytes
	}
	return even[odd:], read, nil
}

// lengthBefore is the length of an element that varies, as so many digits before it. The library's own takes signs.
type lengthBefore struct {
	digits int
	as     encoding.Encoder
}

var errElementLength = errors.New("the length is none, or too much")

// EncodeLength is as prefix.Prefixer says.
func (l lengthBefore) EncodeLength(most, length int) ([]byte, error) {
	if length > most {
		return nil, errElementLength
	}
	return l.as.Encode(fmt.Appendf(nil, "%0*d", l.digits, length))
}

// DecodeLength is as prefix.Prefixer says.
func (l lengthBefore) DecodeLength(most int, data []byte) (length, read int, err error) {
	digits, read, err := l.as.Decode(data, l.digits)
	if err != nil || strings.Trim(string(digits), "0123456789") != "" {
		return 0, 0, errElementLength
	}
	length, err = strconv.Atoi(string(digits))
	if err != nil || length > most {
		return 0, 0, errElementLength
	}
	return length, read, nil
}

// Inspect is as prefix.Prefixer says.
func (l lengthBefore) Inspect() string { return strings.Repeat("L", l.digits) }
