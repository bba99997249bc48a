package pebblestore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"time"

	"farthing/pkg/store"
)

// A component is one column of a key, encoded so that bytes sort as values do and no encoding is the beginning of
// another. Text and bytes end in 0 1, and a 0 within them is 0 255; numbers and times are 8 bytes with the sign
// flipped; a boolean is one byte. A descending column is all of that inverted.

const (
	escape     = 0x00
	terminator = 0x01
	escaped    = 0xff
	signBit    = 1 << 63
)

var errCorruptKey = errors.New("corrupt key")

// appendComponent encodes a value that has passed the typed layer's checks.
func appendComponent(key []byte, column store.Column, value store.Value) []byte {
	start := len(key)
	switch value := value.(type) {
	case string:
		key = appendEscaped(key, value)
	case []byte:
		key = appendEscaped(key, value)
	case int64:
		key = binary.BigEndian.AppendUint64(key, sortable(value))
	case time.Time:
		key = binary.BigEndian.AppendUint64(key, sortable(value.UnixMilli()))
	case bool:
		key = append(key, booleanByte(value))
	}
	if column.Descending {
		invert(key[start:])
	}
	return key
}

func appendEscaped[T string | []byte](key []byte, value T) []byte {
	for i := range len(value) {
		key = append(key, value[i])
		if value[i] == escape {
			key = append(key, escaped)
		}
	}
	return append(key, escape, terminator)
}

// readComponent decodes one component and answers what follows it. It keeps nothing of key.
func readComponent(key []byte, column store.Column) (store.Value, []byte, error) {
	switch column.Type {
	case store.Text:
		raw, rest, err := readEscaped(key, column.Descending)
		return string(raw), rest, err
	case store.Bytes:
		raw, rest, err := readEscaped(key, column.Descending)
		return raw, rest, err
	case store.Boolean:
		return readBoolean(key, column.Descending)
	case store.Integer, store.Timestamp:
		if len(key) < 8 {
			return nil, nil, errCorruptKey
		}
		bits := binary.BigEndian.Uint64(key)
		if column.Descending {
			bits = ^bits
		}
		if column.Type == store.Integer {
			return unsorted(bits), key[8:], nil
		}
		return time.UnixMilli(unsorted(bits)).UTC(), key[8:], nil
	}
	return nil, nil, errCorruptKey
}

func readEscaped(key []byte, descending bool) (value, rest []byte, err error) {
	mask := byte(0)
	if descending {
		mask = 0xff
	}
	value = []byte{}
	for i := 0; i < len(key); i++ {
		b := key[i] ^ mask
		if b != escape {
			value = append(value, b)
			continue
		}
		if i++; i == len(key) {
			break
		}
		switch key[i] ^ mask {
		case terminator:
			return value, key[i+1:], nil
		case escaped:
			value = append(value, escape)
		default:
			return nil, nil, errCorruptKey
		}
	}
	return nil, nil, errCorruptKey
}

// sortable has the same order among unsigned numbers as n among signed ones.
func sortable(n int64) uint64 { return uint64(n) ^ signBit } //nolint:gosec // Every bit is wanted, the sign's too.

func unsorted(n uint64) int64 { return int64(n ^ signBit) } //nolint:gosec // As above.

func readBoolean(key []byte, descending bool) (store.Value, []byte, error) {
	if len(key) == 0 {
		return nil, nil, errCorruptKey
	}
	b := key[0]
	if descending {
		b = ^b
	}
	if b > 1 {
		return nil, nil, errCorruptKey
	}
	return b == 1, key[1:], nil
}

func booleanByte(value bool) byte {
	if value {
		return 1
	}
	return 0
}

func invert(b []byte) {
	for i := range b {
		b[i] = ^b[i]
	}
}

// after is the first key that does not begin with prefix and sorts behind those that do. The prefixes here begin with
// a letter, so there always is one.
func after(prefix []byte) []byte {
	end := bytes.Clone(prefix)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}
