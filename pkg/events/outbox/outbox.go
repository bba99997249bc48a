package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/events"
	"farthing/pkg/store"
)

// eventRow is an event that the bus may not have yet.
type eventRow struct {
	Shard    int64     `store:"1,partition"`
	Minute   int64     `store:"2,partition"`
	ID       string    `store:"3,clustering"`
	At       time.Time `store:"4"` // Real time.
	Envelope []byte    `store:"5"`
}

var (
	eventRows    = store.PlainTable[eventRow]("outbox")
	eventCursors = store.PlainTable[cursorRow]("outbox_cursor")
)

// Tables are what an Outbox keeps in its service's keyspace: they belong in the service's schema.
func Tables() []store.Table { return []store.Table{eventRows, eventCursors} }

// Outbox publishes events whose rows were written by plain batch together with what they tell of.
type Outbox struct {
	ks     *store.Keyspace
	rows   store.Plain[eventRow]
	bus    events.Publisher
	log    *slog.Logger
	sender *sender
	acked  chan parcel // Published; their rows are to be deleted.
	walker *walker
}

// deleteEvery is how long the rows of published events wait for others to be deleted with.
const deleteEvery = 200 * time.Millisecond

// New is the outbox of a keyspace whose schema holds Tables. It does nothing before Run.
func New(ks *store.Keyspace, bus events.Publisher, log *slog.Logger) *Outbox {
	o := &Outbox{ks: ks, rows: eventRows.On(ks), bus: bus, log: log, acked: make(chan parcel, queued)}
	o.sender = newSender(bus, log, o.acknowledge)
	o.walker = &walker{ks: ks, table: eventCursors.On(ks), visit: o.visit}
	return o
}

// Put is the event's row, to ride in the batch that writes what the event tells of. Repeating that batch is harmless:
// the event is published again under its id.
func (o *Outbox) Put(e events.Event) store.Put {
	at := now()
	row := rowKey(e.ID, minuteOf(at))
	row.At, row.Envelope = at, events.AppendEnvelope(nil, e)
	return o.rows.Put(row)
}

// Committed publishes in the background what was just written: it is called right after the batch, when that has
// succeeded. If it is not called (the writer died, the outcome was unknown) a sweep publishes instead.
func (o *Outbox) Committed(all ...events.Event) {
	at := now()
	for _, e := range all {
		o.sender.offer(parcel{event: e, at: at})
	}
}

// Run publishes what is committed, deletes what the bus has, and sweeps: at once and every few seconds. It returns when
// ctx has ended and what was queued is published, or after some seconds.
func (o *Outbox) Run(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { o.deleteAcked(context.WithoutCancel(ctx)) })
	all.Go(func() {
		defer close(o.acked) // Only the sender acknowledges.
		o.sender.run(ctx)
	})
	all.Go(func() {
		o.sweep(ctx)
		clock.Every(ctx, sweepEvery, o.sweep)
	})
	all.Wait()
}

func (o *Outbox) sweep(ctx context.Context) {
	if err := o.walker.sweep(ctx, false); err != nil && ctx.Err() == nil {
		o.log.WarnContext(ctx, "sweeping the outbox", "keyspace", o.ks.Name(), "error", err)
	}
}

func (o *Outbox) acknowledge(batch []parcel) {
	for _, p := range batch {
		o.acked <- p
	}
}

// deleteAcked deletes the rows of published events, many at once, until all are acknowledged.
func (o *Outbox) deleteAcked(ctx context.Context) {
	for first := range o.acked {
		_ = clock.Wait(ctx, deleteEvery) // More will have come.
		o.deleteQueued(ctx, first)
	}
}

func (o *Outbox) deleteQueued(ctx context.Context, first parcel) {
	deletes := o.deletesOf(first)
	for n := len(o.acked); n > 0; n-- {
		deletes = append(deletes, o.deletesOf(<-o.acked)...)
	}
	ctx, cancel := context.WithTimeout(ctx, drainFor)
	defer cancel()
	if err := inBatches(deletes, func(some ...store.Put) error { return o.ks.Write(ctx, some...) }); err != nil {
		o.log.WarnContext(ctx, "published events stay in the outbox until the next sweep", "error", err)
	}
}

// deletesOf are the deletions of an event's row. Which minute it was put in is not remembered: that of its
// acknowledgement, unless that came soon after the minute's start, when it may be the one before as well. A row missed
// so, by a write that took longer, is published once more by the sweep.
func (o *Outbox) deletesOf(p parcel) []store.Put {
	minute := minuteOf(p.at)
	deletes := []store.Put{o.rows.Delete(rowKey(p.event.ID, minute))}
	if minuteOf(p.at.Add(-drainFor)) != minute {
		deletes = append(deletes, o.rows.Delete(rowKey(p.event.ID, minute-1)))
	}
	return deletes
}

func rowKey(eventID string, minute int64) eventRow {
	return eventRow{Shard: shardOf(eventID, shards), Minute: minute, ID: eventID}
}

// visit publishes and deletes the rows of a partition that are too old to be under way. It is clean if there are no
// others.
func (o *Outbox) visit(ctx context.Context, shard, minute int64) (clean bool, err error) {
	clean, token := true, ""
	for {
		rows, next, err := o.rows.In(shard, minute).Range().Limit(page).Resume(token).List(ctx, store.Recent)
		if err != nil {
			return false, err
		}
		old := olderThan(rows, now().Add(-tooOld))
		clean = clean && len(old) == len(rows)
		if err := o.republish(ctx, old); err != nil {
			return false, err
		}
		if token = next; token == "" {
			return clean, nil
		}
	}
}

func olderThan(rows []eventRow, then time.Time) []eventRow {
	var old []eventRow
	for _, row := range rows {
		if row.At.Before(then) {
			old = append(old, row)
		}
	}
	return old
}

func (o *Outbox) republish(ctx context.Context, rows []eventRow) error {
	batch, deletes := make([]parcel, len(rows)), make([]store.Put, len(rows))
	for i, row := range rows {
		e, err := events.ReadEnvelope(row.Envelope)
		if err != nil {
			return fmt.Errorf("reading event %s: %w", row.ID, err)
		}
		batch[i].event = e
		deletes[i] = o.rows.Delete(row)
	}
	if err := publishAll(ctx, o.bus, o.log, batch); err != nil {
		return err
	}
	return inBatches(deletes, func(some ...store.Put) error { return o.ks.Write(ctx, some...) })
}
