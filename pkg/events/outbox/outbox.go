package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/events"
	"farthing/pkg/store"
)

// eventRow is an event that the bus may not have yet. It lies in its place: where the partition key of the rows that it
// tells of is the same, Cassandra writes all of them at once, and needs no batch log to do so.
type eventRow struct {
	Key      string    `store:"1,partition"`
	Bucket   int64     `store:"2,partition"`
	ID       string    `store:"3,clustering"`
	At       time.Time `store:"4"` // Real time.
	Envelope []byte    `store:"5"`
}

var (
	eventRows    = store.PlainTable[eventRow]("outbox_event")
	eventMarks   = store.PlainTable[markRow]("outbox_active")
	eventCursors = store.PlainTable[cursorRow]("outbox_cursor")
)

// Tables are what an Outbox keeps in its service's keyspace: they belong in the service's schema.
func Tables() []store.Table { return []store.Table{eventRows, eventMarks, eventCursors} }

// Outbox publishes events whose rows were written by plain batch together with what they tell of.
type Outbox struct {
	ks       *store.Keyspace
	rows     store.Plain[eventRow]
	bus      events.Publisher
	log      *slog.Logger
	sender   *sender
	marks    *marks
	told     told
	doubtful doubtful
}

const (
	// restFor is how long the rows of published events wait for a write to take them along. A crash repeats them.
	restFor     = 20 * time.Second
	deleteEvery = 5 * time.Second
	// abandoned is the age at which a row is no longer its writer's, which would have deleted it by then.
	abandoned = restFor + 2*deleteEvery
	// tooOld is the age at which a row that is doubtful is not under way any more.
	tooOld = 5 * time.Second

	takenAlong = 8 // Deletions that ride in one batch.
)

// New is the outbox of a keyspace whose schema holds Tables. It does nothing before Run, but Mark and Write.
func New(ks *store.Keyspace, bus events.Publisher, log *slog.Logger) *Outbox {
	o := &Outbox{ks: ks, rows: eventRows.On(ks), bus: bus, log: log}
	o.marks = newMarks(ks, eventMarks.On(ks), eventCursors.On(ks))
	o.sender = newSender(bus, log, o.acknowledge)
	return o
}

// Mark does beforehand what the first Write to a place in a minute would wait for, if it would. Errors and repeats are
// as there.
func (o *Outbox) Mark(ctx context.Context, place Place) error {
	if o.ks.Spanning() {
		return nil
	}
	return o.marks.make(ctx, place)
}

// Write writes puts, best all of one place, and events that tell of them: all or nothing, in one batch. After success
// the events are published in the background; after an unknown outcome, or the writer's death, a sweep publishes what
// was written. Repeating it is harmless: an event is published again under its id.
func (o *Outbox) Write(ctx context.Context, place Place, tell []events.Event, puts ...store.Put) error {
	if len(tell) == 0 {
		return o.ks.Write(ctx, puts...)
	}
	mark, marked, err := o.marks.along(ctx, place)
	if err != nil {
		return err
	}
	puts, at := append(mark, puts...), now()
	for _, e := range tell {
		puts = append(puts, o.rows.Put(eventRow{place.Key, place.Bucket, e.ID, at, events.AppendEnvelope(nil, e)}))
	}
	along := o.told.take(place, min(takenAlong, max(0, maxRows-len(puts))))
	along = slices.DeleteFunc(along, func(id string) bool { // What is told again will be deleted again.
		return slices.ContainsFunc(tell, func(e events.Event) bool { return e.ID == id })
	})
	if err := o.ks.Write(ctx, append(puts, o.deletes(place, along)...)...); err != nil {
		o.told.add(place, along...)
		o.doubtful.add(now(), place)
		return err
	}
	marked()
	for _, e := range tell {
		if !o.sender.offer(parcel{event: e, place: place}) {
			o.doubtful.add(now(), place)
		}
	}
	return nil
}

func (o *Outbox) deletes(place Place, ids []string) []store.Put {
	deletes := make([]store.Put, len(ids))
	for i, id := range ids {
		deletes[i] = o.rows.Delete(eventRow{Key: place.Key, Bucket: place.Bucket, ID: id})
	}
	return deletes
}

func (o *Outbox) acknowledge(batch []parcel) {
	for _, p := range batch {
		o.told.add(p.place, p.event.ID)
	}
}

// Run publishes what was written, deletes what the bus has, and sweeps: at once all that may have been left over, then
// what is doubtful every few seconds and each minute when it has settled. It returns when ctx has ended and what was
// queued is published, or after some seconds.
func (o *Outbox) Run(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { o.sender.run(ctx) })
	all.Go(func() {
		clock.Every(ctx, deleteEvery, func(ctx context.Context) { o.deleteTold(ctx, now().Add(-restFor)) })
	})
	all.Go(func() {
		untilDone(ctx, o.sweepFirst)
		clock.Every(ctx, sweepEvery, o.sweep)
	})
	all.Wait()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainFor)
	defer cancel()
	o.deleteTold(last, now().Add(time.Second))
}

// deleteTold deletes the rows of events that the bus has had since before then.
func (o *Outbox) deleteTold(ctx context.Context, then time.Time) {
	err := each(ctx, o.told.before(then), func(ctx context.Context, place Place) error {
		ids := o.told.take(place, maxRows)
		if err := o.ks.Write(ctx, o.deletes(place, ids)...); err != nil {
			o.told.add(place, ids...)
			return err
		}
		return nil
	})
	o.warn(ctx, "deleting what was told from the outbox", err)
}

// sweepFirst looks at every place that may have been left with something untold, and once more when what is young now,
// its writer just dead, is old.
func (o *Outbox) sweepFirst(ctx context.Context) bool {
	err := o.marks.sweep(ctx, false, func(ctx context.Context, place Place) error {
		o.doubtful.add(now(), place)
		return o.catchUp(ctx, place, tooOld)
	})
	o.warn(ctx, "sweeping what was left in the outbox", err)
	return err == nil
}

// sweep looks at what is doubtful, and at each minute when it has settled.
func (o *Outbox) sweep(ctx context.Context) {
	doubtful := o.doubtful.take(now().Add(-tooOld))
	err := each(ctx, doubtful, func(ctx context.Context, place Place) error { return o.catchUp(ctx, place, tooOld) })
	if err != nil {
		o.doubtful.add(now(), doubtful...)
		o.warn(ctx, "sweeping what is doubtful in the outbox", err)
		return
	}
	o.warn(ctx, "sweeping the outbox", o.marks.sweep(ctx, true, func(ctx context.Context, place Place) error {
		return o.catchUp(ctx, place, abandoned)
	}))
}

func (o *Outbox) warn(ctx context.Context, doing string, err error) {
	if err != nil && ctx.Err() == nil {
		o.log.WarnContext(ctx, doing, "keyspace", o.ks.Name(), "error", err)
	}
}

// catchUp publishes and deletes those rows of a place that are older than age and not known to be told.
func (o *Outbox) catchUp(ctx context.Context, place Place, age time.Duration) error {
	for token := ""; ; {
		rows, next, err := o.rows.In(place.Key, place.Bucket).Range().Limit(page).Resume(token).List(ctx, store.Recent)
		if err != nil {
			return err
		}
		then := now().Add(-age)
		rows = slices.DeleteFunc(rows, func(row eventRow) bool {
			return !row.At.Before(then) || o.told.has(place, row.ID)
		})
		if err := o.republish(ctx, place, rows); err != nil {
			return err
		}
		if token = next; token == "" {
			return nil
		}
	}
}

func (o *Outbox) republish(ctx context.Context, place Place, rows []eventRow) error {
	batch, deletes := make([]parcel, len(rows)), make([]store.Put, len(rows))
	for i, row := range rows {
		e, err := events.ReadEnvelope(row.Envelope)
		if err != nil {
			return fmt.Errorf("reading event %s: %w", row.ID, err)
		}
		batch[i], deletes[i] = parcel{event: e, place: place}, o.rows.Delete(row)
	}
	if err := publishAll(ctx, o.bus, o.log, batch); err != nil {
		return err
	}
	return inBatches(ctx, o.ks, deletes)
}
