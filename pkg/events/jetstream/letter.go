package jetstream

import (
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"farthing/pkg/errs"
	"farthing/pkg/events"
)

// A dead letter's fields, as protobuf.
const (
	fieldTries protowire.Number = iota + 1
	fieldAt                     // Unix milliseconds.
	fieldReason
	fieldEnvelope // The event's.
)

func appendLetter(b []byte, letter events.DeadLetter) []byte {
	b = protowire.AppendTag(b, fieldTries, protowire.VarintType)
	b = protowire.AppendVarint(b, protowire.EncodeZigZag(int64(letter.Tries)))
	b = protowire.AppendTag(b, fieldAt, protowire.VarintType)
	b = protowire.AppendVarint(b, protowire.EncodeZigZag(letter.At.UnixMilli()))
	b = protowire.AppendTag(b, fieldReason, protowire.BytesType)
	b = protowire.AppendString(b, letter.Reason)
	b = protowire.AppendTag(b, fieldEnvelope, protowire.BytesType)
	return protowire.AppendBytes(b, events.AppendEnvelope(nil, letter.Event))
}

// readLetter is the letter that appendLetter wrote. Fields it does not know are left out; what is no letter is refused
// as internal.bad_letter.
func readLetter(b []byte) (letter events.DeadLetter, err error) {
	for len(b) > 0 {
		field, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return events.DeadLetter{}, badLetter(n)
		}
		b = b[n:]
		size := protowire.ConsumeFieldValue(field, kind, b)
		if size < 0 {
			return events.DeadLetter{}, badLetter(size)
		}
		if err := setField(&letter, field, kind, b[:size]); err != nil {
			return events.DeadLetter{}, err
		}
		b = b[size:]
	}
	return letter, nil
}

// setField takes over a field's well-formed value.
func setField(letter *events.DeadLetter, field protowire.Number, kind protowire.Type, value []byte) (err error) {
	switch kind {
	case protowire.VarintType:
		n, _ := protowire.ConsumeVarint(value)
		switch field {
		case fieldTries:
			letter.Tries = int(protowire.DecodeZigZag(n))
		case fieldAt:
			letter.At = time.UnixMilli(protowire.DecodeZigZag(n)).UTC()
		default: // From a later version.
		}
	case protowire.BytesType:
		text, _ := protowire.ConsumeBytes(value)
		switch field {
		case fieldReason:
			letter.Reason = string(text)
		case fieldEnvelope:
			letter.Event, err = events.ReadEnvelope(text)
		default: // From a later version.
		}
	default: // From a later version.
	}
	return err
}

func badLetter(n int) error {
	return errs.New(errs.Internal+".bad_letter", "Something went wrong").Because(protowire.ParseError(n))
}
