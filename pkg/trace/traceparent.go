package trace

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
)

// link is what a traceparent carries: which trace, which span in it, and whether it is being recorded.
type link struct {
	trace   traceID
	span    spanID
	sampled bool
}

type (
	traceID [16]byte
	spanID  uint64
)

// newTraceID is random but not secret, and never the zero that the standard forbids.
func newTraceID() traceID {
	var id traceID
	binary.BigEndian.PutUint64(id[:8], rand.Uint64())       //nolint:gosec // An id, not a secret.
	binary.BigEndian.PutUint64(id[8:], uint64(newSpanID())) // Its second half makes it other than zero.
	return id
}

func newSpanID() spanID {
	return spanID(rand.Uint64() | 1) //nolint:gosec // An id, not a secret.
}

// String is 32 hexadecimal digits.
func (t traceID) String() string { return hex.EncodeToString(t[:]) }

// String is 16 hexadecimal digits, or "" for no span.
func (s spanID) String() string {
	if s == 0 {
		return ""
	}
	var raw [8]byte
	binary.BigEndian.PutUint64(raw[:], uint64(s))
	return hex.EncodeToString(raw[:])
}

// The layout of version 00: 00-<trace>-<span>-<flags>.
const (
	traceAt           = 3
	spanAt            = traceAt + 32 + 1
	flagsAt           = spanAt + 16 + 1
	traceparentLength = flagsAt + 2
	flagSampled       = 1
)

// String is the link as a traceparent of version 00.
func (l link) String() string {
	var out [traceparentLength]byte
	copy(out[:], "00-")
	hex.Encode(out[traceAt:], l.trace[:])
	out[spanAt-1] = '-'
	var span [8]byte
	binary.BigEndian.PutUint64(span[:], uint64(l.span))
	hex.Encode(out[spanAt:], span[:])
	copy(out[flagsAt-1:], "-00")
	if l.sampled {
		out[traceparentLength-1] = '1'
	}
	return string(out[:])
}

// parse reads a traceparent. A later version may have more at its end, which is left alone; zero ids, upper case and
// version ff are forbidden by the standard.
func parse(header string) (link, bool) {
	if len(header) < traceparentLength || !wellFormed(header) {
		return link{}, false
	}
	var l link
	var span [8]byte
	var flags [1]byte
	decodes := decode(l.trace[:], header[traceAt:spanAt-1]) &&
		decode(span[:], header[spanAt:flagsAt-1]) &&
		decode(flags[:], header[flagsAt:traceparentLength])
	l.span = spanID(binary.BigEndian.Uint64(span[:]))
	l.sampled = flags[0]&flagSampled != 0
	return l, decodes && l.trace != (traceID{}) && l.span != 0
}

// wellFormed checks version and dashes.
func wellFormed(header string) bool {
	if header[traceAt-1] != '-' || header[spanAt-1] != '-' || header[flagsAt-1] != '-' {
		return false
	}
	switch version := header[:2]; version {
	case "00":
		return len(header) == traceparentLength
	case "ff":
		return false
	default:
		var raw [1]byte
		return decode(raw[:], version) &&
			(len(header) == traceparentLength || header[traceparentLength] == '-')
	}
}

// decode reads lower-case hexadecimal, without the allocation that hex.Decode of a string costs.
func decode(out []byte, text string) bool {
	for i := range out {
		high, low := digit(text[2*i]), digit(text[2*i+1])
		if high > 15 || low > 15 {
			return false
		}
		out[i] = high<<4 | low
	}
	return true
}

func digit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	default:
		return 255
	}
}
