package embedded

import (
	"container/heap"
	"encoding/binary"
	"errors"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"farthing/pkg/errs"
	"farthing/pkg/events"
)

// durableNamed is what is known of a subscription's name: here, else in Pebble, else it is new and begins now.
func (b *Bus) durableNamed(s events.Subscription) (*durable, error) {
	stream, err := s.Stream()
	if err != nil {
		return nil, err
	}
	b.names.Lock()
	defer b.names.Unlock()
	d, ok := b.durables[s.Name]
	if !ok {
		if d, err = b.load(s.Name, stream); err != nil {
			return nil, err
		}
		b.durables[s.Name] = d
	}
	if d.stream.name != stream {
		return nil, errs.BadParam("types", "stay in the stream that the name first subscribed to")
	}
	return d, nil
}

func (b *Bus) load(name, streamName string) (*durable, error) {
	cursor, err := b.cursor(name)
	if errors.Is(err, pebble.ErrNotFound) {
		cursor, err = b.begin(name, streamName)
	}
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	s := b.streamNamed(cursor.stream)
	b.mu.Unlock()
	d := &durable{
		bus: b, name: name, stream: s, position: cursor.watermark, saved: cursor.watermark,
		listeners: make(map[*listener]bool), chaos: newMischief(b.options.Chaos, name),
	}
	return d, d.loadSchedule()
}

// begin writes a new name's cursor at the end of the log, and syncs it: the name may be given what was already on its
// way to the disk, and a cut must not leave that without the name.
func (b *Bus) begin(name, stream string) (cursor, error) {
	b.order.Lock()
	defer b.order.Unlock()
	b.mu.Lock()
	c := cursor{stream, b.committed}
	b.mu.Unlock()
	return c, b.db.Set(keyOf(cursorKind, name, 0), c.encode(), pebble.Sync)
}

// loadSchedule plans the next tries of what was parked before a restart.
func (d *durable) loadSchedule() error {
	iter, err := d.bus.db.NewIter(&pebble.IterOptions{
		LowerBound: keyOf(parkedKind, d.name, 0), UpperBound: keyAfterAll(parkedKind, d.name),
	})
	if err != nil {
		return err
	}
	for ok := iter.First(); ok; ok = iter.Next() {
		_, due, _, err := readParked(iter.Value())
		if err != nil {
			return closing(iter, err)
		}
		_, seq := parseKey(iter.Key())
		d.later = append(d.later, waiting{due: due, seq: seq})
	}
	heap.Init(&d.later)
	return iter.Close()
}

// save writes the watermark if it has moved, and has the stream trimmed now and then.
func (d *durable) save() error {
	moved, err := d.saveMoved()
	if err != nil || !moved {
		return err
	}
	return d.bus.trim(d.stream)
}

func (d *durable) saveMoved() (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	mark := d.watermark()
	if mark == d.saved {
		return false, nil
	}
	c := cursor{d.stream.name, mark}
	if err := d.bus.db.Set(keyOf(cursorKind, d.name, 0), c.encode(), pebble.NoSync); err != nil {
		return false, err
	}
	d.saved = mark
	return true, nil
}

// cursor is what Pebble keeps of a subscription: its stream, and the event up to which everything is done.
type cursor struct {
	stream    string
	watermark uint64
}

func (c cursor) encode() []byte {
	return append(binary.BigEndian.AppendUint64(nil, c.watermark), c.stream...)
}

func readCursor(b []byte) (cursor, error) {
	if len(b) < 8 {
		return cursor{}, errs.New(errs.Internal+".bad_cursor", "Something went wrong")
	}
	return cursor{stream: string(b[8:]), watermark: binary.BigEndian.Uint64(b)}, nil
}

func (b *Bus) cursor(name string) (cursor, error) {
	value, closer, err := b.db.Get(keyOf(cursorKind, name, 0))
	if err != nil {
		return cursor{}, err
	}
	defer func() { _ = closer.Close() }()
	return readCursor(value)
}

// Trimming. The newest keepAtLeast sequence numbers are never trimmed: they say where the log ends, and give whoever
// looks into a log something to see.
const (
	keepAtLeast = 65_536
	trimEvery   = 16_384
)

// trim deletes from a stream's log what every known name has done with, once that is worth a range deletion.
func (b *Bus) trim(s *stream) error {
	b.mu.Lock()
	committed := b.committed
	b.mu.Unlock()
	upTo := committed - min(committed, keepAtLeast)
	if !s.worthTrimming(upTo) {
		return nil
	}
	low, err := b.lowestCursor(s.name)
	if err != nil {
		return err
	}
	upTo = min(upTo, low)
	from, ok := s.trimTo(upTo)
	if !ok {
		return nil
	}
	return b.db.DeleteRange(keyOf(logKind, s.name, from+1), keyOf(logKind, s.name, upTo+1), pebble.NoSync)
}

func (s *stream) worthTrimming(upTo uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return upTo >= s.trimmed+trimEvery
}

// trimTo claims the deletion of everything up to a sequence number, and tells where it begins.
func (s *stream) trimTo(upTo uint64) (from uint64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from = s.trimmed
	if upTo <= from {
		return 0, false
	}
	s.trimmed = upTo
	return from, true
}

// lowestCursor is the lowest watermark of all names that subscribe to a stream, those that do not run included.
func (b *Bus) lowestCursor(stream string) (uint64, error) {
	iter, err := b.db.NewIter(&pebble.IterOptions{
		LowerBound: []byte{owner, cursorKind}, UpperBound: []byte{owner, cursorKind + 1},
	})
	if err != nil {
		return 0, err
	}
	low := ^uint64(0)
	for ok := iter.First(); ok; ok = iter.Next() {
		c, err := readCursor(iter.Value())
		if err != nil {
			return 0, closing(iter, err)
		}
		if c.stream == stream {
			low = min(low, c.watermark)
		}
	}
	return low, iter.Close()
}

// parkedAgain plans a parked event's next try at once.
func (d *durable) parkedAgain(seq uint64, due time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	heap.Push(&d.later, waiting{due: due, seq: seq})
	d.wake()
}
