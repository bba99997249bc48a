// Package records keeps a list of strings inside one string, so that a file embedded in the program can be searched
// where it lies: nothing is decoded, copied or allocated at start, and pages never looked at are never loaded.
//
//	count uint32 | count+1 ends uint32, of which the first is 0 | the records, end to end
//
// Numbers are little-endian. A record may in turn be fields, each led by its length (see Fields).
package records

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sort"
)

const wordSize = 4

// ErrCorrupt is what Read finds wrong with a list: it was cut short, or its ends do not ascend.
var ErrCorrupt = errors.New("corrupt record list")

// List is a list of records within a longer string. Its zero value is empty.
type List struct {
	ends string // One word more than there are records.
	blob string
}

// Append writes the list of records to dst. They must hold less than 4 GiB.
func Append(dst []byte, list []string) ([]byte, error) {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(list))) //nolint:gosec // Bounded by the check below.
	end := uint64(0)
	dst = binary.LittleEndian.AppendUint32(dst, 0)
	for _, r := range list {
		end += uint64(len(r))
		if end > math.MaxUint32 {
			return nil, fmt.Errorf("%d records: more than 4 GiB", len(list))
		}
		dst = binary.LittleEndian.AppendUint32(dst, uint32(end))
	}
	for _, r := range list {
		dst = append(dst, r...)
	}
	return dst, nil
}

// Read takes the list at the start of data and returns what follows it. The error Is ErrCorrupt; a list that was
// read without one can be used without any further check.
func Read(data string) (List, string, error) {
	if len(data) < 2*wordSize {
		return List{}, "", fmt.Errorf("%w: no head", ErrCorrupt)
	}
	count := uint64(word(data, 0))
	data = data[wordSize:]
	if uint64(len(data))/wordSize < count+1 {
		return List{}, "", fmt.Errorf("%w: cut within its ends", ErrCorrupt)
	}
	list := List{ends: data[:(count+1)*wordSize]}
	data = data[len(list.ends):]

	last := uint32(0)
	for i := range len(list.ends) / wordSize {
		end := word(list.ends, i)
		if end < last || (i == 0 && end != 0) {
			return List{}, "", fmt.Errorf("%w: end %d", ErrCorrupt, i)
		}
		last = end
	}
	if uint64(len(data)) < uint64(last) {
		return List{}, "", fmt.Errorf("%w: cut within its records", ErrCorrupt)
	}
	list.blob = data[:last]
	return list, data[last:], nil
}

// Len is the number of records.
func (l List) Len() int {
	return max(0, len(l.ends)/wordSize-1)
}

// At is record i, which must be one of Len.
func (l List) At(i int) string {
	return l.blob[word(l.ends, i):word(l.ends, i+1)]
}

// From is the index of the first record whose leading field is not less than key, in a list sorted by it.
func (l List) From(key string) int {
	return sort.Search(l.Len(), func(i int) bool {
		lead, _ := Field(l.At(i))
		return lead >= key
	})
}

// Find is the rest of the first record whose leading field is key, in a list sorted by it.
func (l List) Find(key string) (rest string, ok bool) {
	i := l.From(key)
	if i == l.Len() {
		return "", false
	}
	lead, rest := Field(l.At(i))
	return rest, lead == key
}

// Fields is a record of these fields.
func Fields(fields ...string) string {
	var b []byte
	for _, f := range fields {
		b = binary.AppendUvarint(b, uint64(len(f)))
		b = append(b, f...)
	}
	return string(b)
}

// Field cuts the first field off a record. One that was cut short yields what there is.
func Field(record string) (field, rest string) {
	length, rest := Uvarint(record)
	n := min(length, uint64(len(rest)))
	return rest[:n], rest[n:]
}

// Uvarint cuts a number off a record; 0 and nothing once there is none.
func Uvarint(record string) (value uint64, rest string) {
	for i := range min(len(record), binary.MaxVarintLen64) {
		c := record[i]
		value |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			return value, record[i+1:]
		}
	}
	return 0, ""
}

func word(s string, i int) uint32 {
	s = s[i*wordSize : i*wordSize+wordSize]
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}
