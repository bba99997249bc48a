package archive

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"farthing/pkg/store"
)

// layout is a table's columns in the order in which rows are written: by tag.
type layout struct {
	spec      *store.Spec
	positions []int       // In the spec.
	byTag     map[int]int // The same.
}

func newLayout(spec *store.Spec) *layout {
	l := &layout{spec: spec, byTag: make(map[int]int, len(spec.Columns))}
	for i, column := range spec.Columns {
		l.positions = append(l.positions, i)
		l.byTag[column.Tag] = i
	}
	slices.SortFunc(l.positions, func(a, b int) int { return cmp.Compare(spec.Columns[a].Tag, spec.Columns[b].Tag) })
	return l
}

// appendRow writes the columns of a row that are there.
func (l *layout) appendRow(to []byte, row store.Row) []byte {
	for _, i := range l.positions {
		if row[i] != nil {
			to = appendValue(to, protowire.Number(l.spec.Columns[i].Tag), row[i]) //nolint:gosec // Tags are 1 to 255.
		}
	}
	return to
}

func appendValue(to []byte, tag protowire.Number, value store.Value) []byte {
	switch value := value.(type) {
	case string:
		return protowire.AppendString(protowire.AppendTag(to, tag, protowire.BytesType), value)
	case []byte:
		return protowire.AppendBytes(protowire.AppendTag(to, tag, protowire.BytesType), value)
	case int64:
		return appendNumber(to, tag, protowire.EncodeZigZag(value))
	case time.Time:
		return appendNumber(to, tag, protowire.EncodeZigZag(value.UnixMilli()))
	case bool:
		return appendNumber(to, tag, protowire.EncodeBool(value))
	}
	return to
}

func appendNumber(to []byte, tag protowire.Number, number uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(to, tag, protowire.VarintType), number)
}

var (
	errNotARow = errors.New("not a row")
	errOrder   = errors.New("columns are not in the order of their tags")
)

// readRow is appendRow backwards. It takes nothing that appendRow would have written otherwise, so that what was read
// has the same digest everywhere. It keeps nothing of body.
func (l *layout) readRow(kind recordKind, body []byte) (store.Row, error) {
	row := make(store.Row, len(l.spec.Columns))
	for last := protowire.Number(0); len(body) > 0; {
		tag, wire, n := protowire.ConsumeTag(body)
		if n < 0 || n != protowire.SizeTag(tag) {
			return nil, errNotARow
		}
		if tag <= last {
			return nil, errOrder
		}
		i, known := l.byTag[int(tag)]
		if !known {
			return nil, fmt.Errorf("table %s has no column with tag %d", l.spec.Name, tag)
		}
		value, rest, err := readValue(l.spec.Columns[i].Type, wire, body[n:])
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", l.spec.Columns[i].Name, err)
		}
		row[i], body, last = value, rest, tag
	}
	if err := l.checkRoles(kind, row); err != nil {
		return nil, err
	}
	return row, l.spec.CheckRow(row)
}

func readValue(kind store.Type, wire protowire.Type, b []byte) (value store.Value, rest []byte, err error) {
	if kind == store.Text || kind == store.Bytes {
		raw, n := protowire.ConsumeBytes(b)
		if wire != protowire.BytesType || n < 0 || n != protowire.SizeBytes(len(raw)) {
			return nil, nil, errNotARow
		}
		if kind == store.Text {
			if !utf8.Valid(raw) {
				return nil, nil, errNotARow
			}
			return string(raw), b[n:], nil
		}
		return append([]byte{}, raw...), b[n:], nil
	}
	number, n := protowire.ConsumeVarint(b)
	if wire != protowire.VarintType || n < 0 || n != protowire.SizeVarint(number) {
		return nil, nil, errNotARow
	}
	switch kind {
	case store.Integer:
		return protowire.DecodeZigZag(number), b[n:], nil
	case store.Timestamp:
		return time.UnixMilli(protowire.DecodeZigZag(number)).UTC(), b[n:], nil
	default:
		if number > 1 {
			return nil, nil, errNotARow
		}
		return number == 1, b[n:], nil
	}
}

// checkRoles refuses a row without its key or with statics, and statics that are none.
func (l *layout) checkRoles(kind recordKind, row store.Row) error {
	within, without := l.spec.Clustering, l.spec.Static
	if kind == staticsRecord {
		within, without = nil, slices.Concat(l.spec.Clustering, l.spec.Regular)
		if !slices.ContainsFunc(l.spec.Static, func(i int) bool { return row[i] != nil }) {
			return errors.New("statics without any static column")
		}
	}
	for _, i := range within {
		if row[i] == nil {
			return fmt.Errorf("column %s of the key is not there", l.spec.Columns[i].Name)
		}
	}
	for _, i := range without {
		if row[i] != nil {
			return fmt.Errorf("column %s does not belong here", l.spec.Columns[i].Name)
		}
	}
	return nil
}

// key is a row's key as text, the same for equal keys and for no others; of statics, their partition's.
func (l *layout) key(kind recordKind, row store.Row) string {
	positions := l.spec.Partition
	if kind == rowRecord {
		positions = slices.Concat(positions, l.spec.Clustering)
	}
	return string(l.appendRow(nil, keeping(row, positions)))
}

// nameOf is what a row may be called in front of anybody.
func (l *layout) nameOf(kind recordKind, row store.Row) string {
	const enough = 8
	sum := sha256.Sum256([]byte(l.key(kind, row)))
	what := map[recordKind]string{rowRecord: "row ", staticsRecord: "statics of partition "}[kind]
	return what + hex.EncodeToString(sum[:enough])
}

// keeping is the columns at these positions, and no others.
func keeping(row store.Row, positions []int) store.Row {
	kept := make(store.Row, len(row))
	for _, i := range positions {
		kept[i] = row[i]
	}
	return kept
}

// same tells whether two rows of one table are equal in every column; an absent column equals no value.
func same(a, b store.Row) bool {
	return slices.EqualFunc(a, b, sameValue)
}

func samePartition(spec *store.Spec, a, b store.Row) bool {
	return !slices.ContainsFunc(spec.Partition, func(i int) bool { return !sameValue(a[i], b[i]) })
}

func sameValue(a, b store.Value) bool {
	switch a := a.(type) {
	case []byte:
		b, ok := b.([]byte)
		return ok && bytes.Equal(a, b)
	case time.Time:
		b, ok := b.(time.Time)
		return ok && a.Equal(b)
	default:
		if _, isBytes := b.([]byte); isBytes {
			return false // An interface that holds a slice must not be compared.
		}
		return a == b
	}
}
