package events

import (
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"farthing/pkg/errs"
)

// The envelope's fields on the wire and on disk. It is protobuf, so that fields can be added; written by hand, because
// it is read and written more often than anything else in the bank.
const (
	fieldID protowire.Number = iota + 1
	fieldType
	fieldKey
	fieldVersion
	fieldOccurredAt  // Unix milliseconds.
	fieldPublishedAt // Unix milliseconds.
	fieldTraceparent
	fieldClockOffset // Nanoseconds.
	fieldBody
)

// AppendEnvelope appends the event in its envelope to b. Times are cut to milliseconds.
func AppendEnvelope(b []byte, e Event) []byte {
	b = appendText(b, fieldID, e.ID)
	b = appendText(b, fieldType, e.Type)
	b = appendText(b, fieldKey, e.Key)
	b = appendNumber(b, fieldVersion, e.Version)
	b = appendTime(b, fieldOccurredAt, e.OccurredAt)
	b = appendTime(b, fieldPublishedAt, e.PublishedAt)
	b = appendText(b, fieldTraceparent, e.Traceparent)
	b = appendNumber(b, fieldClockOffset, int64(e.ClockOffset))
	if len(e.Body) > 0 {
		b = protowire.AppendTag(b, fieldBody, protowire.BytesType)
		b = protowire.AppendBytes(b, e.Body)
	}
	return b
}

// ReadEnvelope is the event that AppendEnvelope wrote. The body is a copy; fields it does not know are left out. What
// is no envelope is refused as internal.bad_envelope.
func ReadEnvelope(b []byte) (Event, error) {
	var e Event
	for len(b) > 0 {
		field, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return Event{}, badEnvelope(n)
		}
		b = b[n:]
		if n = e.consume(field, kind, b); n < 0 {
			return Event{}, badEnvelope(n)
		}
		b = b[n:]
	}
	return e, nil
}

// consume reads one field's value and tells how long it was, or a negative number if it is malformed.
func (e *Event) consume(field protowire.Number, kind protowire.Type, b []byte) int {
	switch kind {
	case protowire.BytesType:
		value, n := protowire.ConsumeBytes(b)
		e.setBytes(field, value)
		return n
	case protowire.VarintType:
		value, n := protowire.ConsumeVarint(b)
		e.setNumber(field, protowire.DecodeZigZag(value))
		return n
	default:
		return protowire.ConsumeFieldValue(field, kind, b)
	}
}

func (e *Event) setBytes(field protowire.Number, value []byte) {
	switch field {
	case fieldID:
		e.ID = string(value)
	case fieldType:
		e.Type = string(value)
	case fieldKey:
		e.Key = string(value)
	case fieldTraceparent:
		e.Traceparent = string(value)
	case fieldBody:
		e.Body = append([]byte(nil), value...)
	default: // From a later version.
	}
}

func (e *Event) setNumber(field protowire.Number, value int64) {
	switch field {
	case fieldVersion:
		e.Version = value
	case fieldOccurredAt:
		e.OccurredAt = time.UnixMilli(value).UTC()
	case fieldPublishedAt:
		e.PublishedAt = time.UnixMilli(value).UTC()
	case fieldClockOffset:
		e.ClockOffset = time.Duration(value)
	default: // From a later version.
	}
}

func appendText(b []byte, field protowire.Number, text string) []byte {
	if text == "" {
		return b
	}
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), text)
}

func appendNumber(b []byte, field protowire.Number, n int64) []byte {
	if n == 0 {
		return b
	}
	b = protowire.AppendTag(b, field, protowire.VarintType)
	return protowire.AppendVarint(b, protowire.EncodeZigZag(n))
}

// appendTime leaves the zero time out; the epoch itself is written, as 0.
func appendTime(b []byte, field protowire.Number, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	b = protowire.AppendTag(b, field, protowire.VarintType)
	return protowire.AppendVarint(b, protowire.EncodeZigZag(t.UnixMilli()))
}

func badEnvelope(n int) error {
	return errs.New(errs.Internal+".bad_envelope", "Something went wrong").Because(protowire.ParseError(n))
}
