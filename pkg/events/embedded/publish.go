package embedded

import (
	"bytes"
	"context"

	"github.com/cockroachdb/pebble/v2"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/events"
)

// publication is one Publish on its way to the disk.
type publication struct {
	batch   *pebble.Batch
	entries []entry
	values  [][]byte // Of entries, as stored.
	durable bool     // Guarded by Bus.mu.
}

// entry is an event in the log. Its body is shared by all who read it.
type entry struct {
	seq    uint64
	stream string
	event  events.Event
}

// Publish makes the events durable in one batch: all of them or none. Publishing an event again is harmless.
func (b *Bus) Publish(ctx context.Context, all ...events.Event) error {
	if err := events.CheckAll(all); err != nil || len(all) == 0 {
		return err
	}
	if err := ctx.Err(); err != nil {
		return errs.Of(err)
	}
	p := &publication{entries: make([]entry, len(all)), values: make([][]byte, len(all))}
	now := clock.Real{}.Now()
	for i, e := range all {
		e.PublishedAt = now
		e.Body = bytes.Clone(e.Body)
		stream, _ := events.Stream(e.Type) // Checked above.
		p.entries[i] = entry{stream: stream, event: e}
		p.values[i] = events.AppendEnvelope(make([]byte, 0, 160+len(e.Body)), e)
	}
	if err := b.append(p); err != nil {
		return unknown(err)
	}
	err := p.batch.SyncWait()
	b.settle(p)
	if err != nil {
		return unknown(err)
	}
	_ = p.batch.Close() // It only goes back to its pool.
	return nil
}

// append gives the events their sequence numbers and hands them to Pebble's log.
//
// Two publishers race: A takes 7, B takes 8, B's commit shows first, a reader passes 8 and never sees 7. Holding order
// over both steps keeps Pebble's order ours; it is microseconds, for the sync is awaited outside.
func (b *Bus) append(p *publication) error {
	b.order.Lock()
	defer b.order.Unlock()
	p.batch = b.db.NewBatch()
	seq := b.last
	for i := range p.entries {
		seq++
		p.entries[i].seq = seq
		if err := p.batch.Set(keyOf(logKind, p.entries[i].stream, seq), p.values[i], nil); err != nil {
			return err
		}
	}
	b.last = seq
	if err := b.db.ApplyNoSyncWait(p.batch, pebble.Sync); err != nil {
		return err
	}
	p.values = nil
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = append(b.waiting, p)
	return nil
}

// settle shows subscriptions what has become durable: p, unless an earlier publication is still waiting for its sync,
// whose settle will then show both. A publication whose sync failed is shown too: it may well be in the log, and a
// process whose log fails ends.
func (b *Bus) settle(p *publication) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p.durable = true
	shown := make(map[*stream]bool, 1)
	for len(b.waiting) > 0 && b.waiting[0].durable {
		for _, e := range b.waiting[0].entries {
			s := b.streamNamed(e.stream)
			s.append(e)
			shown[s] = true
			b.committed = e.seq
		}
		b.waiting[0] = nil
		b.waiting = b.waiting[1:]
	}
	for s := range shown {
		s.wake()
	}
}
