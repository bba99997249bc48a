package iso8583

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzDecode wants of any bytes a message that encodes and decodes to itself, or a FormatError whose message, as far as
// it came, can be answered in the encoding that it came in.
func FuzzDecode(f *testing.F) {
	for _, e := range encodings() {
		f.Add(encode(f, asked(), e))
		f.Add(withSecrets(f, e))
		f.Add(encode(f, New("0800").With(STAN, "1").With(TransmittedAt, "1109123053").With(NetworkManagement, "301"), e))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		e, ok := Recognise(text)
		if !ok {
			return
		}
		m, err := Decode(text, e)
		if _, isFault := errors.AsType[*FormatError](err); err != nil && !isFault {
			t.Fatalf("the error is no format error: %v", err)
		}
		if reply, ok := m.Reply("30"); ok {
			encode(t, reply, e)
		}
		if err != nil {
			return
		}
		again, err := Decode(encode(t, m, e), e)
		if err != nil {
			t.Fatalf("what was decoded does not decode again: %v", err)
		}
		if diff := cmp.Diff(fieldsOf(m), fieldsOf(again)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// FuzzReadFrame wants of any stream frames that put together are the stream again, as far as it could be read.
func FuzzReadFrame(f *testing.F) {
	for _, e := range encodings() {
		framed, err := Frame(encode(f, asked(), e))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(bytes.Repeat(framed, 2))
		f.Add(framed[:len(framed)-1])
	}
	f.Add([]byte{0, 0})
	f.Add([]byte{0xff, 0xff, 0})
	f.Fuzz(func(t *testing.T, stream []byte) {
		from, put := bytes.NewReader(stream), []byte(nil)
		for {
			body, err := ReadFrame(from)
			switch {
			case err == nil:
				framed, err := Frame(body)
				if err != nil {
					t.Fatal(err)
				}
				put = append(put, framed...)
				continue
			case errors.Is(err, io.EOF) && !bytes.Equal(put, stream):
				t.Fatalf("%d of %d bytes were read", len(put), len(stream))
			case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, ErrLength):
			default:
				t.Fatalf("an error of another kind: %v", err)
			}
			if !bytes.HasPrefix(stream, put) {
				t.Fatalf("what was read is not what was sent")
			}
			return
		}
	})
}
