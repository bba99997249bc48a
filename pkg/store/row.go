package store

import (
	"encoding/binary"
	"reflect"
	"time"
	"unicode/utf8"
)

// toRow copies the columns at these positions out of a struct and leaves the others nil.
func toRow(spec *Spec, from reflect.Value, positions ...[]int) (Row, error) {
	row := make(Row, len(spec.Columns))
	for _, some := range positions {
		for _, i := range some {
			value := from.Field(i).Interface()
			if blob, ok := value.([]byte); ok && blob == nil {
				value = []byte{} // What is written is there: no engine may take it for absent.
			}
			if err := checkValue(spec.Columns[i], value); err != nil {
				return nil, err
			}
			row[i] = value
		}
	}
	return row, nil
}

// fromRow fills a struct from a row: a column never written reads as the zero value.
func fromRow[R any](row Row) R {
	var out R
	into := reflect.ValueOf(&out).Elem()
	for i, value := range row {
		if value != nil {
			into.Field(i).Set(reflect.ValueOf(value))
		}
	}
	return out
}

// maxKeyText is the most bytes that a text or bytes may have in a key. Cassandra takes 64 KiB for all of a key; what
// is meant to be found again is much shorter.
const maxKeyText = 8 << 10

// checkValue refuses what an engine would have to bend: a wrong type, a nil, a time finer than a millisecond, text that
// is not UTF-8, a key too long.
func checkValue(column Column, value Value) error {
	ok, length := false, 0
	switch value := value.(type) {
	case string:
		ok, length = column.Type == Text, len(value)
		if ok && !utf8.ValidString(value) {
			return invalid("column %s: text is UTF-8", column.Name)
		}
	case int64:
		ok = column.Type == Integer
	case bool:
		ok = column.Type == Boolean
	case []byte:
		ok, length = column.Type == Bytes && value != nil, len(value)
	case time.Time:
		ok = column.Type == Timestamp
		if ok && (!value.Equal(value.Truncate(time.Millisecond)) || value.Location() != time.UTC) {
			return invalid("column %s: times are UTC and whole milliseconds", column.Name)
		}
	}
	switch isKey := column.Role == Partition || column.Role == Clustering; {
	case !ok:
		return invalid("column %s cannot hold a %T", column.Name, value)
	case isKey && length > maxKeyText:
		return invalid("column %s: a key has at most %d bytes", column.Name, maxKeyText)
	}
	return nil
}

// checkPartition refuses what Cassandra has no place for: a partition named by nothing at all.
func checkPartition(spec *Spec, row Row) error {
	if len(spec.Partition) > 1 {
		return nil
	}
	switch value := row[spec.Partition[0]].(type) {
	case string:
		if value != "" {
			return nil
		}
	case []byte:
		if len(value) > 0 {
			return nil
		}
	default:
		return nil
	}
	return invalid("column %s: a partition's name is not empty", spec.Columns[spec.Partition[0]].Name)
}

// checkTTL refuses a life that an engine cannot count: under a second, or beyond ten years.
func checkTTL(ttl time.Duration) error {
	if ttl < time.Second || ttl > 10*365*24*time.Hour {
		return invalid("a row lives from a second to ten years, not %v", ttl)
	}
	return nil
}

// keyText is a row's key, the same for equal keys of one table and for no others. It is made for every row of a batch,
// so it is raw: never shown, and never stored.
func keyText(spec *Spec, row Row) string {
	const usual = 128
	key := make([]byte, 0, usual)
	for _, positions := range [][]int{spec.Partition, spec.Clustering} {
		for _, i := range positions {
			key = appendRaw(key, row[i])
		}
	}
	return string(key)
}

// appendRaw appends a value after its length, or in as many bytes as all of its type take.
func appendRaw(to []byte, value Value) []byte {
	switch value := value.(type) {
	case string:
		return append(binary.AppendUvarint(to, uint64(len(value))), value...)
	case []byte:
		return append(binary.AppendUvarint(to, uint64(len(value))), value...)
	case int64:
		return binary.BigEndian.AppendUint64(to, uint64(value)) //nolint:gosec // Its bits.
	case time.Time:
		return binary.BigEndian.AppendUint64(to, uint64(value.UnixMilli()))
	case bool:
		if value {
			return append(to, 1)
		}
	}
	return append(to, 0)
}

// sizeOf is about how many bytes the row takes, the same on both engines.
func sizeOf(row Row) int {
	size := 0
	for _, value := range row {
		switch value := value.(type) {
		case nil:
		case string:
			size += 2 + len(value)
		case []byte:
			size += 2 + len(value)
		default:
			size += 10
		}
	}
	return size
}

// keyRow is a row that holds only key columns: the partition's and the leading clustering ones.
func keyRow(spec *Spec, partition, clustering []Value) (Row, error) {
	if len(partition) != len(spec.Partition) {
		return nil, invalid("table %s has %d partition columns, not %d", spec.Name, len(spec.Partition), len(partition))
	}
	if len(clustering) > len(spec.Clustering) {
		return nil, invalid("table %s has %d clustering columns, not %d", spec.Name, len(spec.Clustering), len(clustering))
	}
	row := make(Row, len(spec.Columns))
	for n, values := range [][]Value{partition, clustering} {
		positions := [][]int{spec.Partition, spec.Clustering}[n]
		for k, value := range values {
			if err := checkValue(spec.Columns[positions[k]], value); err != nil {
				return nil, err
			}
			row[positions[k]] = value
		}
	}
	return row, checkPartition(spec, row)
}

// columnsNamed are the positions of the columns with these names, all of one role; all of that role if none is named.
func columnsNamed(spec *Spec, all []int, names []string) ([]int, error) {
	if len(names) == 0 {
		return all, nil
	}
	positions := make([]int, 0, len(names))
	for _, name := range names {
		i, ok := spec.position(name)
		if !ok || len(all) == 0 || spec.Columns[i].Role != spec.Columns[all[0]].Role {
			return nil, invalid("table %s has no such column to write: %s", spec.Name, name)
		}
		positions = append(positions, i)
	}
	return positions, nil
}
