package pebblestore

import (
	"bytes"
	"cmp"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"farthing/pkg/store"
)

var types = []store.Type{store.Text, store.Integer, store.Boolean, store.Bytes, store.Timestamp}

func drawValue(t *rapid.T, kind store.Type) store.Value {
	awkward := rapid.SampledFrom([]byte{0, 1, 2, 0x7f, 0x80, 0xfe, 0xff})
	raw := rapid.OneOf(rapid.SliceOfN(awkward, 0, 5), rapid.SliceOfN(rapid.Byte(), 0, 20))
	switch kind {
	case store.Text:
		return string(raw.Draw(t, "text"))
	case store.Bytes:
		return append([]byte{}, raw.Draw(t, "bytes")...)
	case store.Boolean:
		return rapid.Bool().Draw(t, "boolean")
	case store.Integer:
		return rapid.Int64().Draw(t, "integer")
	case store.Timestamp:
		return time.UnixMilli(rapid.Int64().Draw(t, "time")).UTC()
	}
	return nil
}

func compareValues(a, b store.Value) int {
	switch a := a.(type) {
	case string:
		return cmp.Compare(a, b.(string))
	case []byte:
		return bytes.Compare(a, b.([]byte))
	case bool:
		return cmp.Compare(booleanByte(a), booleanByte(b.(bool)))
	case int64:
		return cmp.Compare(a, b.(int64))
	case time.Time:
		return cmp.Compare(a.UnixMilli(), b.(time.Time).UnixMilli())
	}
	return 0
}

// drawKey draws columns, and two keys that often begin alike.
func drawKeys(t *rapid.T) (columns []store.Column, a, b []store.Value) {
	for range rapid.IntRange(1, 4).Draw(t, "columns") {
		columns = append(columns, store.Column{
			Type: rapid.SampledFrom(types).Draw(t, "type"), Descending: rapid.Bool().Draw(t, "descending"),
		})
	}
	for _, column := range columns {
		value := drawValue(t, column.Type)
		a = append(a, value)
		if rapid.Bool().Draw(t, "differs") {
			value = drawValue(t, column.Type)
		}
		b = append(b, value)
	}
	return columns, a, b
}

func encodeKey(columns []store.Column, values []store.Value) []byte {
	var key []byte
	for i, column := range columns {
		key = appendComponent(key, column, values[i])
	}
	return key
}

func TestKeysSortAsTheirColumnsAreDeclared(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		columns, a, b := drawKeys(t)
		want := 0
		for i, column := range columns {
			if want = compareValues(a[i], b[i]); column.Descending {
				want = -want
			}
			if want != 0 {
				break
			}
		}
		if got := bytes.Compare(encodeKey(columns, a), encodeKey(columns, b)); got != want {
			t.Fatalf("%v and %v sort as %d, want %d", a, b, got, want)
		}
	})
}

func TestNoKeyIsTheBeginningOfAnother(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		columns, a, b := drawKeys(t)
		first, second := encodeKey(columns, a), encodeKey(columns, b)
		if bytes.HasPrefix(second, first) && !bytes.Equal(first, second) {
			t.Fatalf("%x is the beginning of %x", first, second)
		}
		if end := after(append([]byte("s"), first...)); bytes.Compare(end, append([]byte("s"), first...)) <= 0 {
			t.Fatalf("%x is not after %x", end, first)
		}
	})
}

func TestKeysAreReadAsTheyWereWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		columns, want, _ := drawKeys(t)
		rest := encodeKey(columns, want)
		for i, column := range columns {
			var got store.Value
			var err error
			if got, rest, err = readComponent(rest, column); err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(want[i], got); diff != "" {
				t.Fatal(diff)
			}
		}
		if len(rest) > 0 {
			t.Fatalf("%x is left over", rest)
		}
	})
}

// drawCells draws a stored row.
func drawCells(t *rapid.T) []byte {
	tags := rapid.SliceOfNDistinct(rapid.IntRange(1, 9), 0, 6, rapid.ID[int]).Draw(t, "tags")
	slices.Sort(tags)
	row := appendCell(nil, rowTag, rowMark, rapid.Int64Range(0, 3).Draw(t, "expiry"), nil)
	for _, tag := range tags {
		kind := types[tag%len(types)]
		row = appendCell(row, tag, kind, rapid.Int64Range(0, 3).Draw(t, "expiry"), drawValue(t, kind))
	}
	return row
}

func cellsOf(t interface{ Fatal(...any) }, row []byte) map[int]string {
	cells := make(map[int]string)
	if err := eachCell(row, func(c cell) error {
		cells[c.tag] = string(c.encoded)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return cells
}

func TestOfTwoCellsWithOneTagTheNewerStays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		older, newer := drawCells(t), drawCells(t)
		joined, err := join(older, newer)
		if err != nil {
			t.Fatal(err)
		}
		want := cellsOf(t, older)
		for tag, encoded := range cellsOf(t, newer) {
			want[tag] = encoded
		}
		if diff := gocmp.Diff(want, cellsOf(t, joined)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestJoiningIsAssociative(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := drawCells(t), drawCells(t), drawCells(t)
		forwards, _ := cellMerger.Merge(nil, a)
		_, _ = forwards.MergeNewer(b), forwards.MergeNewer(c)
		backwards, _ := cellMerger.Merge(nil, c)
		_, _ = backwards.MergeOlder(b), backwards.MergeOlder(a)
		first, _, err := forwards.Finish(true)
		if err != nil {
			t.Fatal(err)
		}
		second, _, err := backwards.Finish(true)
		if err != nil || !bytes.Equal(first, second) {
			t.Fatalf("%x and %x, %v", first, second, err)
		}
	})
}

func FuzzKeys(f *testing.F) {
	f.Add(byte(store.Text), false, []byte("text\x00\x01"))
	f.Add(byte(store.Bytes), true, []byte{0xff, 0xfe})
	f.Add(byte(store.Integer), false, []byte{0x80, 0, 0, 0, 0, 0, 0, 1, 9})
	f.Add(byte(store.Boolean), true, []byte{0xfe})
	f.Add(byte(store.Timestamp), true, []byte{0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, kind byte, descending bool, key []byte) {
		column := store.Column{Type: store.Type(kind), Descending: descending}
		value, rest, err := readComponent(key, column)
		if err != nil {
			return
		}
		if again := append(appendComponent(nil, column, value), rest...); !bytes.Equal(key, again) {
			t.Fatalf("%x was read as %v, which is %x", key, value, again)
		}
	})
}

func FuzzCells(f *testing.F) {
	f.Add([]byte{})
	row := appendCell(nil, rowTag, rowMark, 0, nil)
	f.Add(row)
	for i, kind := range types {
		value := []store.Value{"text", int64(-7), true, []byte{0}, time.UnixMilli(1).UTC()}[i]
		row = appendCell(row, i+1, kind, int64(i), value)
		f.Add(row)
	}
	f.Fuzz(func(t *testing.T, row []byte) {
		var again []byte
		err := eachCell(row, func(c cell) error {
			again = appendCell(again, c.tag, c.kind, c.expires, c.value())
			return nil
		})
		if err != nil {
			return
		}
		joined, err := join(row, again)
		if err != nil {
			t.Fatalf("a row that can be read cannot be joined: %v", err)
		}
		if !bytes.Equal(joined, again) { // What a varint wrote too long comes back short.
			t.Fatalf("%x joined with its copy is %x, want %x", row, joined, again)
		}
	})
}
