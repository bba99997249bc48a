package archive

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"google.golang.org/protobuf/encoding/protowire"
)

// recordKind is the field of a record that is there.
type recordKind protowire.Number

const (
	rowRecord     recordKind = 1
	staticsRecord recordKind = 2
	headRecord    recordKind = 3
	endRecord     recordKind = 4
)

const (
	frame      = 8        // The length and the CRC in front of a payload.
	maxPayload = 64 << 20 // Far above any row; what claims to be longer is damaged.
)

// appendPayload wraps a body as the payload of a record.
func appendPayload(to []byte, kind recordKind, body []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(to, protowire.Number(kind), protowire.BytesType), body)
}

// appendRecord frames a body as the record with this number. It answers its payload too, which is within all.
func appendRecord(to []byte, number int64, kind recordKind, body []byte) (all, payload []byte) {
	start := len(to)
	all = appendPayload(append(to, make([]byte, frame)...), kind, body)
	payload = all[start+frame:]
	length := all[start : start+4]
	binary.LittleEndian.PutUint32(length, uint32(len(payload))) //nolint:gosec // A row is far smaller.
	binary.LittleEndian.PutUint32(all[start+4:], checksum(number, length, payload))
	return all, payload
}

func checksum(number int64, length, payload []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	sum := crc32.Update(0, table, binary.LittleEndian.AppendUint64(nil, uint64(number))) //nolint:gosec // Never negative.
	return crc32.Update(crc32.Update(sum, table, length), table, payload)
}

// reader reads the records of one file.
type reader struct {
	file    string // Its name, for whoever must be told.
	in      *bufio.Reader
	number  int64 // Of the next record.
	offset  int64 // Where it begins.
	payload []byte
}

func newReader(file string, in io.Reader, number, offset int64) *reader {
	const buffer = 256 << 10
	return &reader{file: file, in: bufio.NewReaderSize(in, buffer), number: number, offset: offset}
}

// record is one that was read. It is valid until the next is.
type record struct {
	kind    recordKind
	body    []byte
	payload []byte // All of it.
}

// next is the next record, or io.EOF where the file ends between two.
func (r *reader) next() (record, error) {
	var head [frame]byte
	if _, err := io.ReadFull(r.in, head[:]); errors.Is(err, io.EOF) {
		return record{}, io.EOF
	} else if err != nil {
		return record{}, r.torn(err)
	}
	length := binary.LittleEndian.Uint32(head[:])
	if length > maxPayload {
		return record{}, r.damage("its length cannot be")
	}
	if err := r.fill(int(length)); err != nil {
		return record{}, r.torn(err)
	}
	if checksum(r.number, head[:4], r.payload) != binary.LittleEndian.Uint32(head[4:]) {
		return record{}, r.damage("its checksum is wrong")
	}
	found, err := splitPayload(r.payload)
	if err != nil {
		return record{}, r.damage(err.Error())
	}
	r.number++
	r.offset += frame + int64(length)
	return found, nil
}

// fill reads a payload. It takes memory as bytes arrive, not as a damaged length promises them.
func (r *reader) fill(length int) error {
	const step = 1 << 20
	r.payload = r.payload[:0]
	for len(r.payload) < length {
		start, more := len(r.payload), min(step, length-len(r.payload))
		r.payload = append(r.payload, make([]byte, more)...)
		if _, err := io.ReadFull(r.in, r.payload[start:]); err != nil {
			return err
		}
	}
	return nil
}

// torn is an error of reading: damage if the file just ends, and the disk's own trouble otherwise.
func (r *reader) torn(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return r.damage("the file ends within it")
	}
	return fmt.Errorf("reading %s: %w", r.file, err)
}

func (r *reader) damage(why string) error { return &Damage{r.file, r.number, r.offset, why} }

// damageBefore is damage of the record that was read last.
func (r *reader) damageBefore(size int, why string) error {
	return &Damage{r.file, r.number - 1, r.offset - frame - int64(size), why}
}

var errNotARecord = errors.New("it is not a record")

func splitPayload(payload []byte) (record, error) {
	number, wire, n := protowire.ConsumeTag(payload)
	if n < 0 || n != protowire.SizeTag(number) || wire != protowire.BytesType {
		return record{}, errNotARecord
	}
	body, m := protowire.ConsumeBytes(payload[n:])
	if m < 0 || m != protowire.SizeBytes(len(body)) || n+m != len(payload) {
		return record{}, errNotARecord
	}
	kind := recordKind(number)
	if kind < rowRecord || kind > endRecord {
		return record{}, errNotARecord
	}
	return record{kind, body, payload}, nil
}
