package pebblestore

import (
	"encoding/binary"
	"errors"
	"time"

	"farthing/pkg/store"
)

// A stored row is its cells, sorted by tag. A cell is a header (tag<<4 | mortal<<3 | type), its expiry in Unix
// milliseconds if it is mortal, and its value. The cell with tag 0 and no value says that the row itself exists, though
// it may hold nothing beside its key. Types and lengths are in the cell, so cells with unknown tags can be kept.

const (
	rowTag  = 0
	rowMark = 0 // The type of the cell with tag 0.

	maxTag    = 1 << 20 // Far above what a declaration may use today.
	tagShift  = 4
	mortalBit = 1 << 3
	typeMask  = mortalBit - 1
)

var errCorruptRow = errors.New("corrupt row")

// cell is one cell within a stored row.
type cell struct {
	tag     int
	kind    store.Type
	expires int64  // Unix milliseconds; 0 is never.
	payload []byte // The encoded value, without the length of a text.
	encoded []byte // All of it.
}

func (c cell) alive(now int64) bool { return c.expires == 0 || c.expires > now }

func appendCell(row []byte, tag int, kind store.Type, expires int64, value store.Value) []byte {
	header := uint64(tag)<<tagShift | uint64(kind) //nolint:gosec // Tags are 0 to 255, types 0 to 5.
	if expires != 0 {
		header |= mortalBit
	}
	row = binary.AppendUvarint(row, header)
	if expires != 0 {
		row = binary.AppendVarint(row, expires)
	}
	switch value := value.(type) {
	case string:
		row = binary.AppendUvarint(row, uint64(len(value)))
		row = append(row, value...)
	case []byte:
		row = binary.AppendUvarint(row, uint64(len(value)))
		row = append(row, value...)
	case int64:
		row = binary.AppendVarint(row, value)
	case time.Time:
		row = binary.AppendVarint(row, value.UnixMilli())
	case bool:
		row = append(row, booleanByte(value))
	}
	return row
}

// value decodes the payload, which readCell has checked. It keeps nothing of the row.
func (c cell) value() store.Value {
	switch c.kind {
	case store.Text:
		return string(c.payload)
	case store.Bytes:
		return append([]byte{}, c.payload...)
	case store.Boolean:
		return c.payload[0] == 1
	case store.Integer:
		number, _ := binary.Varint(c.payload)
		return number
	case store.Timestamp:
		number, _ := binary.Varint(c.payload)
		return time.UnixMilli(number).UTC()
	}
	return nil
}

// readCell reads the first cell and answers what follows it.
func readCell(row []byte) (cell, []byte, error) {
	header, rest, err := readUvarint(row)
	if err != nil {
		return cell{}, nil, err
	}
	if header>>tagShift > maxTag {
		return cell{}, nil, errCorruptRow
	}
	c := cell{tag: int(header >> tagShift), kind: store.Type(header & typeMask)}
	if header&mortalBit != 0 {
		expires, n := binary.Varint(rest)
		if n <= 0 || expires == 0 {
			return cell{}, nil, errCorruptRow
		}
		c.expires, rest = expires, rest[n:]
	}
	if (c.kind == rowMark) != (c.tag == rowTag) {
		return cell{}, nil, errCorruptRow
	}
	if c.payload, rest, err = readPayload(c.kind, rest); err != nil {
		return cell{}, nil, err
	}
	c.encoded = row[:len(row)-len(rest)]
	return c, rest, nil
}

func readPayload(kind store.Type, b []byte) (payload, rest []byte, err error) {
	length := uint64(0)
	switch kind {
	case rowMark:
	case store.Text, store.Bytes:
		if length, b, err = readUvarint(b); err != nil {
			return nil, nil, err
		}
	case store.Integer, store.Timestamp:
		_, n := binary.Varint(b)
		if n <= 0 {
			return nil, nil, errCorruptRow
		}
		length = uint64(n)
	case store.Boolean:
		if length = 1; len(b) > 0 && b[0] > 1 {
			return nil, nil, errCorruptRow
		}
	default:
		return nil, nil, errCorruptRow
	}
	if length > uint64(len(b)) {
		return nil, nil, errCorruptRow
	}
	return b[:length], b[length:], nil
}

func readUvarint(b []byte) (uint64, []byte, error) {
	number, n := binary.Uvarint(b)
	if n <= 0 {
		return 0, nil, errCorruptRow
	}
	return number, b[n:], nil
}

// eachCell visits the cells of a stored row in the order of their tags.
func eachCell(row []byte, visit func(cell) error) error {
	last := -1
	for len(row) > 0 {
		c, rest, err := readCell(row)
		if err != nil {
			return err
		}
		if c.tag <= last {
			return errCorruptRow
		}
		if err := visit(c); err != nil {
			return err
		}
		row, last = rest, c.tag
	}
	return nil
}

// join is a row with newer cells put over it: of two cells with one tag the newer stays.
func join(older, newer []byte) ([]byte, error) {
	if len(older) == 0 {
		return append([]byte(nil), newer...), nil
	}
	joined := make([]byte, 0, len(older)+len(newer))
	for len(older) > 0 && len(newer) > 0 {
		was, olderRest, err := readCell(older)
		if err != nil {
			return nil, err
		}
		is, newerRest, err := readCell(newer)
		if err != nil {
			return nil, err
		}
		if was.tag < is.tag {
			joined, older = append(joined, was.encoded...), olderRest
			continue
		}
		joined, newer = append(joined, is.encoded...), newerRest
		if was.tag == is.tag {
			older = olderRest
		}
	}
	return append(append(joined, older...), newer...), nil
}

// isAlive tells whether any cell of a stored row is alive.
func isAlive(row []byte, now int64) (bool, error) {
	alive := false
	err := eachCell(row, func(c cell) error {
		alive = alive || c.alive(now)
		return nil
	})
	return alive, err
}
