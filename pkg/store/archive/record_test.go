package archive

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"farthing/pkg/store"
)

type kept struct {
	Owner string    `store:"1,partition"`
	Seq   int64     `store:"2,clustering"`
	State string    `store:"7,static"`
	Text  string    `store:"3"`
	Done  bool      `store:"4"`
	Body  []byte    `store:"5"`
	At    time.Time `store:"6"`
}

func keptRows() *layout { return newLayout(store.ConditionalTable[kept]("kept").Spec()) }

// Archives are kept: these were written by the first release.
func TestARecordStaysReadable(t *testing.T) {
	l := keptRows()
	whole := store.Row{"owner", int64(-7), nil, "", false, []byte{0, 255}, time.UnixMilli(1_234_567_890).UTC()}
	bare := store.Row{"owner", int64(1), nil, nil, nil, nil, nil}
	statics := store.Row{"owner", nil, "open", nil, nil, nil, nil}
	const first = "19000000cd5cf9da" + "0a170a056f776e6572100d1a0020002a0200ff30a48bb09909" +
		"0b0000001e7ee022" + "0a090a056f776e65721002" + "0f0000002112ade3" + "120d0a056f776e65723a046f70656e"
	var written []byte
	for n, r := range []struct {
		kind recordKind
		row  store.Row
	}{{rowRecord, whole}, {rowRecord, bare}, {staticsRecord, statics}} {
		written, _ = appendRecord(written, int64(n), r.kind, l.appendRow(nil, r.row))
	}
	if got := hex.EncodeToString(written); got != first {
		t.Errorf("written:\n%s\nwant:\n%s", got, first)
	}
	raw, err := hex.DecodeString(first)
	if err != nil {
		t.Fatal(err)
	}
	in := newReader("kept", bytes.NewReader(raw), 0, 0)
	for _, want := range []store.Row{whole, bare, statics} {
		r, err := in.next()
		if err != nil {
			t.Fatal(err)
		}
		got, err := l.readRow(r.kind, r.body)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	if _, err := in.next(); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}

// FuzzRecords reads foreign bytes as a file. Whatever is read as a row would be written the same.
func FuzzRecords(f *testing.F) {
	l := keptRows()
	f.Fuzz(func(t *testing.T, raw []byte) {
		in := newReader("fuzzed", bytes.NewReader(raw), 0, 0)
		var written []byte
		for n := int64(0); ; n++ {
			r, err := in.next()
			if err != nil {
				if in.offset != int64(len(written)) || !bytes.Equal(written, raw[:len(written)]) {
					t.Fatalf("read %x, written %x", raw[:in.offset], written)
				}
				return
			}
			body := r.body
			if row, err := l.readRow(r.kind, body); err == nil {
				body = l.appendRow(nil, row)
			}
			written, _ = appendRecord(written, n, r.kind, body)
		}
	})
}

// FuzzRow reads foreign bytes as a row, past the checksum that would stop most of them.
func FuzzRow(f *testing.F) {
	l := keptRows()
	f.Fuzz(func(t *testing.T, statics bool, body []byte) {
		kind := rowRecord
		if statics {
			kind = staticsRecord
		}
		row, err := l.readRow(kind, body)
		if err != nil {
			return
		}
		if again := l.appendRow(nil, row); !bytes.Equal(again, body) {
			t.Fatalf("read %x, written %x", body, again)
		}
		if err := l.spec.CheckRow(row); err != nil {
			t.Fatal(err)
		}
	})
}
