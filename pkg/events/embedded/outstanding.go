package embedded

import (
	"context"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"farthing/pkg/events"
)

// Outstanding counts what a subscription has still to acknowledge: what it has not read yet, what is with its handlers,
// and what waits for another try.
func (b *Bus) Outstanding(_ context.Context, s events.Subscription) (int64, error) {
	s, err := s.Checked()
	if err != nil {
		return 0, err
	}
	d, err := b.durableNamed(s)
	if err != nil {
		return 0, fmt.Errorf("counting what is outstanding: %w", err)
	}
	// Parked first: what is parked meanwhile is then counted twice, not left out.
	parked, err := b.countKeys(parkedKind, s.Name)
	if err != nil {
		return 0, err
	}
	taken, position := d.taken()
	unread, err := d.countUnread(s, position)
	return parked + taken + unread, err
}

// taken is how many events were read from the log and are neither done nor parked, and up to where it was read.
func (d *durable) taken() (n int64, position uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, each := range d.window {
		if !each.done {
			n++
		}
	}
	return n, d.position
}

func (d *durable) countUnread(s events.Subscription, after uint64) (n int64, err error) {
	for {
		entries, err := d.stream.read(after, fetchSize)
		if err != nil || len(entries) == 0 {
			return n, err
		}
		for _, e := range entries {
			if wants(s, e.event.Type) {
				n++
			}
			after = e.seq
		}
	}
}

func (b *Bus) countKeys(kind byte, name string) (n int64, err error) {
	iter, err := b.db.NewIter(&pebble.IterOptions{
		LowerBound: keyOf(kind, name, 0), UpperBound: keyAfterAll(kind, name),
	})
	if err != nil {
		return 0, err
	}
	for ok := iter.First(); ok; ok = iter.Next() {
		n++
	}
	return n, iter.Close()
}
