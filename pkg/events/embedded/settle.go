package embedded

import (
	"container/heap"
	"encoding/binary"
	"errors"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/events"
)

// settle records what became of a delivery: done, parked until its next try, or dead. Nothing here is synced: the
// watermark, which is written later, cannot survive a crash that this does not.
func (d *durable) settle(s events.Subscription, was *delivery, failure error) {
	if was.ghost {
		return
	}
	if err := d.record(s, was, failure); err != nil {
		d.bus.options.Log.Error("recording a delivery", "subscription", d.name, "event_id", was.event.ID, "error", err)
		d.mu.Lock()
		defer d.mu.Unlock()
		heap.Push(&d.later, waiting{due: clock.Real{}.Now().Add(time.Second), seq: was.seq, held: was})
	}
}

func (d *durable) record(s events.Subscription, was *delivery, failure error) error {
	switch {
	case failure == nil:
		return d.acknowledge(was)
	case errors.Is(failure, events.ErrPoison) || was.tries+1 >= s.MaxTries:
		return d.bury(was, failure)
	default:
		return d.park(was)
	}
}

func (d *durable) acknowledge(was *delivery) error {
	if was.parked {
		return d.bus.db.Delete(keyOf(parkedKind, d.name, was.seq), pebble.NoSync)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.finish(was)
	return nil
}

// park writes the event down with its tries, so that the watermark can pass it, and plans its next try.
func (d *durable) park(was *delivery) error {
	tries := was.tries + 1
	due := clock.Real{}.Now().Add(events.RetryAfter(was.event.ID, tries))
	err := d.bus.db.Set(keyOf(parkedKind, d.name, was.seq), appendParked(nil, tries, due, was.event), pebble.NoSync)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	heap.Push(&d.later, waiting{due: due, seq: was.seq})
	if !was.parked {
		d.finish(was)
	}
	d.wake() // For the new due time.
	return nil
}

// bury makes a dead letter of the event.
func (d *durable) bury(was *delivery, failure error) error {
	letter := events.DeadLetter{
		Event: was.event, Tries: was.tries + 1, Reason: events.Reason(failure), At: clock.Real{}.Now(),
	}
	batch := d.bus.db.NewBatch()
	// The error is a batch's own: they fail only when they are committed.
	_ = batch.Set(keyOf(deadKind, d.name, was.seq), appendLetter(nil, letter), nil)
	_ = batch.Delete(keyOf(parkedKind, d.name, was.seq), nil)
	if err := batch.Commit(pebble.NoSync); err != nil {
		return err
	}
	d.bus.options.Log.Error("an event was given up", "subscription", d.name, "event_id", letter.Event.ID,
		"type", letter.Event.Type, "tries", letter.Tries, "reason", letter.Reason)
	if d.bus.options.Buried != nil {
		d.bus.options.Buried(d.name, letter)
	}
	if was.parked {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.finish(was)
	return nil
}

// loadParked is a parked event ready for its next try, or nil if it is parked no longer.
func (d *durable) loadParked(seq uint64) (*delivery, error) {
	value, closer, err := d.bus.db.Get(keyOf(parkedKind, d.name, seq))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil //nolint:nilnil // The schedule may remember what a replay has changed meanwhile.
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = closer.Close() }()
	tries, _, e, err := readParked(value)
	if err != nil {
		return nil, err
	}
	return &delivery{seq: seq, tries: tries, event: e, parked: true}, nil
}

// A parked event is stored as its tries, the Unix milliseconds when it is due, and its envelope.
func appendParked(b []byte, tries int, due time.Time, e events.Event) []byte {
	b = binary.AppendVarint(b, int64(tries))
	b = binary.AppendVarint(b, due.UnixMilli())
	return events.AppendEnvelope(b, e)
}

func readParked(b []byte) (tries int, due time.Time, e events.Event, err error) {
	count, b, okCount := cutVarint(b)
	millis, b, okMillis := cutVarint(b)
	if !okCount || !okMillis {
		return 0, time.Time{}, events.Event{}, errs.New(errs.Internal+".bad_envelope", "Something went wrong")
	}
	e, err = events.ReadEnvelope(b)
	return int(count), time.UnixMilli(millis).UTC(), e, err
}

func cutVarint(b []byte) (value int64, rest []byte, ok bool) {
	value, n := binary.Varint(b)
	if n <= 0 {
		return 0, nil, false
	}
	return value, b[n:], true
}

// A dead letter is stored as a parked event whose time is its burial's, with the reason and its length in front.
func appendLetter(b []byte, letter events.DeadLetter) []byte {
	b = binary.AppendVarint(b, int64(len(letter.Reason)))
	b = append(b, letter.Reason...)
	return appendParked(b, letter.Tries, letter.At, letter.Event)
}

func readLetter(b []byte) (events.DeadLetter, error) {
	length, b, ok := cutVarint(b)
	if !ok || length < 0 || length > int64(len(b)) {
		return events.DeadLetter{}, errs.New(errs.Internal+".bad_envelope", "Something went wrong")
	}
	tries, at, e, err := readParked(b[length:])
	return events.DeadLetter{Event: e, Tries: tries, Reason: string(b[:length]), At: at}, err
}
