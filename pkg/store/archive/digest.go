package archive

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
)

// digest is a hash of a set of payloads, whatever their order. Rows of a table differ by their keys, so no two are the
// same and cancel or double each other.
type digest [4]uint64

func (d *digest) add(payload []byte) {
	sum := sha256.Sum256(payload)
	for n := range d {
		d[n] += binary.BigEndian.Uint64(sum[8*n:])
	}
}

func (d digest) String() string {
	raw := make([]byte, 0, sha256.Size)
	for _, word := range d {
		raw = binary.BigEndian.AppendUint64(raw, word)
	}
	return hex.EncodeToString(raw)
}

// MarshalText is the digest in hexadecimal digits.
func (d digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText is MarshalText backwards.
func (d *digest) UnmarshalText(text []byte) error {
	raw, err := hex.DecodeString(string(text))
	if err != nil || len(raw) != sha256.Size {
		return errors.New("not a digest")
	}
	for n := range d {
		d[n] = binary.BigEndian.Uint64(raw[8*n:])
	}
	return nil
}

// tally counts a table's rows and statics.
type tally struct {
	Rows    int64  `json:"rows"`
	Statics int64  `json:"statics"`
	Digest  digest `json:"digest"`
}

func (t *tally) add(kind recordKind, payload []byte) {
	if kind == staticsRecord {
		t.Statics++
	} else {
		t.Rows++
	}
	t.Digest.add(payload)
}

func (t tally) total() int64 { return t.Rows + t.Statics }
