package iso8583

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/moov-io/iso8583"
	iso8583errors "github.com/moov-io/iso8583/errors"
)

// FormatError is what is wrong with an element of a message. It never quotes it.
type FormatError struct {
	Field int // 0 is the MTI, 1 the bitmap, 129 what stands behind the last element.
	Rule  string
}

// Error names the field and the rule.
func (e *FormatError) Error() string { return fmt.Sprintf("field %d %s", e.Field, e.Rule) }

// beyond is the field of bytes that belong to no element.
const beyond = 129

// Encode is a message's bytes. It fails with a FormatError if an element does not fit.
func Encode(m Message, e Encoding) ([]byte, error) {
	d, packed := dialects[e], iso8583.NewMessage(dialects[e].spec)
	packed.MTI(m.MTI)
	for _, number := range m.Numbers() {
		of, known := d.elements[number]
		if !known {
			return nil, &FormatError{number, "is no element"}
		}
		value := of.fit(m.Get(number))
		if rule := of.check(value); rule != "" {
			return nil, &FormatError{number, rule}
		}
		if len(value) > of.length {
			return nil, &FormatError{number, "is too long"}
		}
		if err := packed.Field(number, value); err != nil {
			return nil, &FormatError{number, "cannot be encoded"}
		}
	}
	text, err := packed.Pack()
	if err != nil { // The library's errors quote what they are about.
		return nil, &FormatError{mtiField, "or an element cannot be encoded"}
	}
	return text, nil
}

// Decode reads a message. Tracks, PIN blocks and other secrets are read past. It fails with a FormatError; the message
// then has what stands before the fault, so that it may still be answered.
func Decode(text []byte, e Encoding) (Message, error) {
	d := dialects[e]
	unpacked := iso8583.NewMessage(d.spec)
	err := unpacked.Unpack(text)
	fault := faultOf(err)
	mti, mtiErr := unpacked.GetMTI()
	if mtiErr != nil || len(mti) != mtiLength || dialects[ASCII].elements[STAN].check(mti) != "" {
		return Message{}, &FormatError{mtiField, "must be four digits"}
	}
	m := New(mti)
	for _, of := range d.ordered {
		if fault != nil && of.number >= fault.Field {
			return m, fault
		}
		if unpacked.GetField(of.number) == nil || of.secret {
			continue
		}
		value, _ := unpacked.GetString(of.number) // It is a string, and there.
		if rule := of.check(value); rule != "" {
			return m, &FormatError{of.number, rule}
		}
		if value == "" {
			return m, &FormatError{of.number, "is empty"}
		}
		m.Set(of.number, value)
	}
	if fault != nil {
		return m, fault
	}
	return m, d.checkEnd(unpacked, len(text))
}

// faultOf is what the library found wrong. Its own words quote the message.
func faultOf(err error) *FormatError {
	if err == nil {
		return nil
	}
	if broken, ok := errors.AsType[*iso8583errors.UnpackError](err); ok {
		if number, err := strconv.Atoi(broken.FieldID); err == nil {
			return &FormatError{number, "cannot be read"}
		}
	}
	return &FormatError{bitmapField, "cannot be read"}
}

// checkEnd fails if bytes are left over: what they were meant to be, nobody knows.
func (d dialect) checkEnd(m *iso8583.Message, length int) error {
	bitmaps := m.Bitmap().Len()
	packed, err := m.Pack()
	// Packing leaves out a second bitmap in which nothing is set.
	empty := (bitmaps - m.Bitmap().Len()) / (8 * bitmapBytes) * d.bitmap
	if err != nil || len(packed)+empty != length {
		return &FormatError{beyond, "is not there"}
	}
	return nil
}
