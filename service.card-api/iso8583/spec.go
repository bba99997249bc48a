package iso8583

import (
	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/prefix"
)

// Encoding is how the messages of a connection look.
type Encoding uint8

// The encodings. In Binary numbers are BCD, two digits to a byte with a zero before an odd one, lengths are BCD digits
// or characters, and bitmaps and bytes are themselves; in ASCII numbers and lengths are digits, and these hexadecimal.
const (
	ASCII  Encoding = 1
	Binary Encoding = 2
)

// String is the encoding's name, as it is typed.
func (e Encoding) String() string {
	if e == Binary {
		return "binary"
	}
	return "ascii"
}

// ParseEncoding is the encoding of a name.
func ParseEncoding(name string) (Encoding, bool) {
	for _, e := range []Encoding{ASCII, Binary} {
		if e.String() == name {
			return e, true
		}
	}
	return 0, false
}

// Recognise is the encoding that a message is in, by its first byte. Every MTI of 1987 begins with a 0, which is the
// character '0' in ASCII, and the upper half of a byte in BCD, with the message's class in the lower.
func Recognise(message []byte) (Encoding, bool) {
	switch {
	case len(message) == 0:
		return 0, false
	case message[0] == '0':
		return ASCII, true
	case message[0] > 0 && message[0] <= 9:
		return Binary, true
	}
	return 0, false
}

// dialect is an encoding with the table that moov's library works by, and ours.
type dialect struct {
	spec     *iso8583.MessageSpec
	elements map[int]element
	ordered  []element
	bitmap   int // Bytes on the wire of each bitmap.
}

// dialects never change.
var dialects = map[Encoding]dialect{ASCII: newDialect(ASCII), Binary: newDialect(Binary)}

// The places of what every message has.
const (
	mtiField    = 0
	bitmapField = 1
	bitmapBytes = 8
)

func newDialect(e Encoding) dialect {
	d := dialect{elements: make(map[int]element), ordered: elements(), bitmap: 2 * bitmapBytes}
	bitmap := &field.Spec{Length: bitmapBytes, Enc: encoding.BytesToASCIIHex, Pref: prefix.Hex.Fixed}
	if e == Binary {
		d.bitmap = bitmapBytes
		bitmap = &field.Spec{Length: bitmapBytes, Enc: encoding.Binary, Pref: prefix.Binary.Fixed}
	}
	fields := map[int]field.Field{
		mtiField:    field.NewString(specOf(element{format: digitsOnly, length: mtiLength}, e)),
		bitmapField: field.NewBitmap(bitmap),
	}
	for _, each := range d.ordered {
		d.elements[each.number] = each
		fields[each.number] = field.NewString(specOf(each, e))
	}
	d.spec = &iso8583.MessageSpec{Name: "ISO 8583:1987 " + e.String(), Fields: fields}
	return d
}

// specOf is how an element is written.
func specOf(of element, e Encoding) *field.Spec {
	spec := &field.Spec{Length: of.length, Description: of.describe(), Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed}
	numbers := encoding.Encoder(encoding.ASCII)
	if e == Binary {
		numbers = halfBytes{}
	}
	if of.prefix > 0 {
		spec.Pref = lengthBefore{of.prefix, numbers}
	}
	switch {
	case of.format == digitsOnly, of.format == track:
		spec.Enc = numbers
	case of.format == raw && (e == Binary || of.prefix > 0):
		spec.Enc = encoding.Binary
	case of.format == raw:
		spec.Enc = encoding.BytesToASCIIHex
	}
	return spec
}
