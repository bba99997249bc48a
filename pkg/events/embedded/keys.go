package embedded

import (
	"bytes"
	"encoding/binary"
)

// The bus's keys: 'e', what it is, a stream's or a subscription's name, a zero byte, a sequence number in big endian.
const (
	owner = 'e' // pkg/store/pebble leaves these keys to the bus.

	cursorKind = 'c' // By subscription, sequence 0: its stream and its watermark.
	deadKind   = 'd' // By subscription and sequence: a dead letter.
	logKind    = 'l' // By stream and sequence: an event.
	parkedKind = 'p' // By subscription and sequence: an event that waits for its next try.
)

func keyOf(kind byte, name string, seq uint64) []byte {
	key := make([]byte, 0, 2+len(name)+1+8)
	key = append(key, owner, kind)
	key = append(key, name...)
	key = append(key, 0)
	return binary.BigEndian.AppendUint64(key, seq)
}

// keyAfterAll is above every key of a name and below those of the next.
func keyAfterAll(kind byte, name string) []byte {
	key := append([]byte{owner, kind}, name...)
	return append(key, 1)
}

// parseKey takes a key of the bus apart. Names hold no zero byte.
func parseKey(key []byte) (name string, seq uint64) {
	end := 2 + bytes.IndexByte(key[2:], 0)
	return string(key[2:end]), binary.BigEndian.Uint64(key[end+1:])
}
