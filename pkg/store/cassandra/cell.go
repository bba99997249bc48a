package cassandra

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/gocql/gocql"

	"farthing/pkg/store"
)

// cell carries one value to or from the wire. The driver's own conversions are not used: they write a nil slice as a
// null (a tombstone) and a zero time as an empty value, and read a null as a zero.
type cell struct {
	kind  store.Type
	value store.Value
}

// MarshalCQL is the value's bytes, never null.
func (c cell) MarshalCQL(gocql.TypeInfo) ([]byte, error) { return encode(c.value) }

// UnmarshalCQL takes a value from its bytes, which do not outlive the call; nil is a null.
func (c *cell) UnmarshalCQL(_ gocql.TypeInfo, data []byte) (err error) {
	c.value, err = decode(c.kind, data)
	return err
}

// encode is a value as CQL writes it.
func encode(value store.Value) ([]byte, error) {
	switch value := value.(type) {
	case string:
		return []byte(value), nil
	case []byte:
		return append([]byte{}, value...), nil
	case int64:
		return encodeInteger(value), nil
	case time.Time:
		return encodeInteger(value.UnixMilli()), nil
	case bool:
		if value {
			return []byte{1}, nil
		}
		return []byte{0}, nil
	}
	return nil, fmt.Errorf("a column cannot hold a %T", value)
}

func encodeInteger(n int64) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(n)) //nolint:gosec // The same bits: two's complement.
}

// decode is encode backwards. Nil bytes are a column that was never written; empty ones are an empty value.
func decode(kind store.Type, data []byte) (store.Value, error) {
	if data == nil {
		return nil, nil
	}
	switch kind {
	case store.Text:
		return string(data), nil
	case store.Bytes:
		return append([]byte{}, data...), nil
	case store.Boolean:
		if len(data) != 1 {
			return nil, fmt.Errorf("a boolean of %d bytes", len(data))
		}
		return data[0] != 0, nil
	case store.Integer, store.Timestamp:
		if len(data) != 8 {
			return nil, fmt.Errorf("an integer of %d bytes", len(data))
		}
		n := int64(binary.BigEndian.Uint64(data)) //nolint:gosec // The same bits, as above.
		if kind == store.Timestamp {
			return time.UnixMilli(n).UTC(), nil
		}
		return n, nil
	}
	return nil, fmt.Errorf("no such type of column: %d", kind)
}
