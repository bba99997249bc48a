package iso8583

import (
	"encoding/binary"
	"errors"
	"io"
)

// LengthMax is the longest message, in bytes.
const LengthMax = 8 << 10

// LengthMin is the shortest: a message type and a bitmap, in BCD.
const LengthMin = mtiLength/2 + bitmapBytes

// HeaderLength is the bytes before each message, which hold its length, the high one first.
const HeaderLength = 2

// ErrLength is a frame whose length no message has: where the next one begins, nobody knows.
var ErrLength = errors.New("no message is as long as the header says")

// BodyLength is how long the message after a header is. It fails with ErrLength.
func BodyLength(header [HeaderLength]byte) (int, error) {
	length := int(binary.BigEndian.Uint16(header[:]))
	if length < LengthMin || length > LengthMax {
		return 0, ErrLength
	}
	return length, nil
}

// ReadFrame reads the next message's bytes. It fails with io.EOF between two messages, io.ErrUnexpectedEOF within one,
// and ErrLength.
func ReadFrame(from io.Reader) ([]byte, error) {
	var header [HeaderLength]byte
	if _, err := io.ReadFull(from, header[:]); err != nil {
		return nil, err
	}
	return ReadBody(from, header)
}

// ReadBody is ReadFrame after the header.
func ReadBody(from io.Reader, header [HeaderLength]byte) ([]byte, error) {
	length, err := BodyLength(header)
	if err != nil {
		return nil, err
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(from, body); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return body, nil
}

// Frame is a message's bytes with their header. It fails with ErrLength.
func Frame(body []byte) ([]byte, error) {
	if len(body) < LengthMin || len(body) > LengthMax {
		return nil, ErrLength
	}
	framed := make([]byte, 0, HeaderLength+len(body))
	framed = binary.BigEndian.AppendUint16(framed, uint16(len(body))) //nolint:gosec // Checked above.
	return append(framed, body...), nil
}
