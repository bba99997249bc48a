// Package id makes identifiers: a prefix and 22 base62 characters of 128 bits, as in tx_00008zIcpb1TB4yeIFXMzx.
//
// The bits are a flake: 64 of Unix milliseconds, 48 of a worker drawn at random at each start, 16 of a sequence.
// So ids sort by time, and an id alone says when its thing was created.
package id

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"sync"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
)

// Maker makes ids that nobody else makes. It is safe for concurrent use.
type Maker struct {
	clock clock.Clock

	mu       sync.Mutex // Guards the rest.
	last     uint64     // Milliseconds of the newest id from New.
	worker   uint64     // 48 bits.
	sequence uint16
}

// NewMaker is a maker on business time, with a worker of its own.
func NewMaker(c clock.Clock) *Maker {
	return &Maker{clock: c, worker: randomWorker()}
}

func randomWorker() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // It never fails: crypto/rand ends the process instead.
	return binary.BigEndian.Uint64(b[:]) >> 16
}

// New is the next id of a kind, greater than every earlier one of this maker.
func (m *Maker) New(prefix string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := uint64(m.clock.Now().UnixMilli())
	m.last = max(m.last, now)
	m.next()
	if m.sequence == 0 { // 65,536 ids in one millisecond: go on in the next.
		m.last++
	}
	return encode(prefix, m.last, m.worker<<16|uint64(m.sequence))
}

// At is a fresh id whose thing was created at t. Ids for one t sort by the order in which they were made, up to
// 65,536 of them.
func (m *Maker) At(prefix string, t time.Time) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next()
	return encode(prefix, uint64(t.UnixMilli()), m.worker<<16|uint64(m.sequence))
}

// next steps the sequence, and draws another worker when it has run out: no pair of the two is used twice.
func (m *Maker) next() {
	m.sequence++
	if m.sequence == 0 {
		m.worker = randomWorker()
	}
}

// Derived is the id at t of whatever the key names: the same key and t give the same id. Holds are named so, from
// the network's transmission time and its own ids.
func Derived(prefix string, t time.Time, key string) string {
	sum := sha256.Sum256([]byte(key))
	return encode(prefix, uint64(t.UnixMilli()), binary.BigEndian.Uint64(sum[:8]))
}

// Hash is the timeless id of a key. Merchants are named so, in order that rebuilding the catalogue keeps their ids.
func Hash(prefix, key string) string {
	sum := sha256.Sum256([]byte(key))
	return encode(prefix, binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16]))
}

// Lowest is the smallest id of a kind at t: a bound for ranges by time, and no thing's id.
func Lowest(prefix string, t time.Time) string { return encode(prefix, uint64(t.UnixMilli()), 0) }

// Time says when an id's thing was created. It fails, naming the field, on anything but an id with that prefix.
func Time(field, prefix, id string) (time.Time, error) {
	body, ok := strings.CutPrefix(id, prefix+"_")
	if !ok {
		return time.Time{}, errs.BadParam(field, "must be an id that starts with '"+prefix+"_'")
	}
	high, ok := decode(body)
	if !ok || high > maxMillis {
		return time.Time{}, errs.BadParam(field, "is not a well-formed id")
	}
	return time.UnixMilli(int64(high)).UTC(), nil
}

// Check fails, naming the field, unless id looks like one of that kind.
func Check(field, prefix, id string) error {
	if id == "" {
		return errs.MissingParam(field)
	}
	_, err := Time(field, prefix, id)
	return err
}

const (
	alphabet  = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" // In byte order, so that text sorts.
	digits    = 22
	maxMillis = 253402300799999 // The end of the year 9999, the last that RFC 3339 can write.
)

// encode writes 128 bits in base 62 by long division in 64-bit halves.
func encode(prefix string, high, low uint64) string {
	out := make([]byte, len(prefix)+1+digits)
	copy(out, prefix)
	out[len(prefix)] = '_'
	for i := len(out) - 1; i > len(prefix); i-- {
		var remainder uint64
		high, low, remainder = divide62(high, low)
		out[i] = alphabet[remainder]
	}
	return string(out)
}

// decode is the high half of what encode wrote.
func decode(body string) (high uint64, ok bool) {
	if len(body) != digits {
		return 0, false
	}
	var low uint64
	for i := range len(body) {
		digit := strings.IndexByte(alphabet, body[i])
		if digit < 0 {
			return 0, false
		}
		if high, low, ok = multiply62(high, low, uint64(digit)); !ok {
			return 0, false
		}
	}
	return high, true
}
