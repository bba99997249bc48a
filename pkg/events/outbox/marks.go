package outbox

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"farthing/pkg/errs"
	"farthing/pkg/store"
)

// Place is what events tell of: the rows of one partition, or of a few with a key in common.
type Place struct {
	Key    string
	Bucket int64 // Zero where a key has no buckets.
}

// markRow says that a place may have been written in this minute, or soon after.
type markRow struct {
	Shard  int64     `store:"1,partition"`
	Minute int64     `store:"2,partition"`
	Key    string    `store:"3,clustering"`
	Bucket int64     `store:"4,clustering"`
	At     time.Time `store:"5"` // Real time.
}

// marks make it durable that a place is about to be written, once a minute, and lead a sweep to every place so marked.
type marks struct {
	ks     *store.Keyspace
	rows   store.Plain[markRow]
	walker walker
	parts  [32]markPart // So that nobody who marks waits for a walk over all.
}

// markPart is what is remembered of some places.
type markPart struct {
	mu     sync.Mutex // Guards the rest.
	places map[Place]*marked
}

// marked is a place that was marked lately.
type marked struct {
	minute    int64         // The last one it was marked in.
	inserting chan struct{} // Closed when the mark under way is done; nil if none is.
}

func newMarks(ks *store.Keyspace, rows store.Plain[markRow], cursors store.Plain[cursorRow]) *marks {
	m := &marks{ks: ks, rows: rows, walker: walker{ks: ks, table: cursors}}
	for i := range m.parts {
		m.parts[i].places = make(map[Place]*marked)
	}
	return m
}

// make makes a place's mark durable: whoever writes to it waits for that. All who mark one place wait for the same
// insert. After an error, which is always unavailable, the place must not be written; marking again, or marking what is
// never written, is harmless.
func (m *marks) make(ctx context.Context, place Place) error {
	for {
		at := now()
		insert, mine := m.of(place).claim(place, minuteOf(at))
		switch {
		case insert == nil:
			return nil // Marked already.
		case mine:
			return m.insert(ctx, place, at)
		}
		select {
		case <-insert: // Look whether it succeeded.
		case <-ctx.Done():
			return notMarked(context.Cause(ctx))
		}
	}
}

// along is make for a write that is a plain batch: where a batch over several partitions costs nothing, the mark rides
// in it as these puts, and done is to be called when it was written.
func (m *marks) along(ctx context.Context, place Place) (puts []store.Put, done func(), err error) {
	if !m.ks.Spanning() {
		return nil, func() {}, m.make(ctx, place)
	}
	at := now()
	if m.of(place).has(place, minuteOf(at)) {
		return nil, func() {}, nil
	}
	return []store.Put{m.rows.Put(rowOf(place, at))}, func() { m.of(place).note(place, minuteOf(at)) }, nil
}

func (m *marks) of(place Place) *markPart { return &m.parts[shardOf(place.Key, uint32(len(m.parts)))] }

func (m *marks) insert(ctx context.Context, place Place, at time.Time) error {
	row := rowOf(place, at)
	err := m.ks.Write(ctx, m.rows.Put(row))
	m.of(place).ended(place, row.Minute, err == nil)
	if err != nil {
		return notMarked(err)
	}
	return nil
}

func rowOf(place Place, at time.Time) markRow {
	return markRow{
		Shard: shardOf(place.Key, shards), Minute: minuteOf(at), Key: place.Key, Bucket: place.Bucket, At: at,
	}
}

// notMarked is unavailable whatever became of the mark: nothing that counts was done.
func notMarked(cause error) error {
	return errs.New(errs.Unavailable+".outbox", "Nothing was done; try again").Because(cause)
}

// place is what is remembered of a place. p.mu is held.
func (p *markPart) place(place Place) *marked {
	s, ok := p.places[place]
	if !ok {
		s = &marked{}
		p.places[place] = s
	}
	return s
}

func (p *markPart) has(place Place, minute int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, ok := p.places[place]
	return ok && s.minute >= minute
}

// note remembers a mark that was written.
func (p *markPart) note(place Place, minute int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.place(place)
	s.minute = max(s.minute, minute)
}

// claim tells what a marker must wait for: nothing when the place is marked in that minute, else the insert under way,
// which is the caller's to make if it is mine.
func (p *markPart) claim(place Place, minute int64) (insert <-chan struct{}, mine bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.place(place)
	switch {
	case s.minute >= minute:
		return nil, false
	case s.inserting != nil:
		return s.inserting, false
	}
	s.inserting = make(chan struct{})
	return s.inserting, true
}

// ended ends the insert that claim began.
func (p *markPart) ended(place Place, minute int64, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.places[place]
	if ok {
		s.minute = max(s.minute, minute)
	}
	close(s.inserting)
	s.inserting = nil
}

// forget drops what rests. It costs another mark.
func (m *marks) forget() {
	before := minuteOf(now()) - forgetAfter
	for i := range m.parts {
		p := &m.parts[i]
		p.mu.Lock()
		for place, s := range p.places {
			if s.minute < before && s.inserting == nil {
				delete(p.places, place)
			}
		}
		p.mu.Unlock()
	}
}

// sweep has every place visited that was marked since the cursor, or only where the minute has settled. A settled
// minute's marks are forgotten after that; others are visited again.
func (m *marks) sweep(ctx context.Context, settledOnly bool, visit func(context.Context, Place) error) error {
	m.forget()
	return m.walker.sweep(ctx, settledOnly, func(ctx context.Context, shard, minute int64, old bool) error {
		return m.visit(ctx, shard, minute, old, visit)
	})
}

func (m *marks) visit(
	ctx context.Context, shard, minute int64, forget bool, visit func(context.Context, Place) error,
) error {
	for token := ""; ; {
		rows, next, err := m.rows.In(shard, minute).Range().Limit(page).Resume(token).List(ctx, store.Recent)
		if err != nil {
			return err
		}
		places, deletes := make([]Place, len(rows)), make([]store.Put, len(rows))
		for i, row := range rows {
			places[i], deletes[i] = Place{row.Key, row.Bucket}, m.rows.Delete(row)
		}
		if err := each(ctx, places, visit); err != nil {
			return err
		}
		if forget {
			if err := inBatches(ctx, m.ks, deletes); err != nil {
				return err
			}
		}
		if token = next; token == "" {
			return nil
		}
	}
}

// each calls visit with every place, some at once, until one fails.
func each(ctx context.Context, places []Place, visit func(context.Context, Place) error) error {
	some, ctx := errgroup.WithContext(ctx)
	some.SetLimit(readers)
	for _, place := range places {
		some.Go(func() error { return visit(ctx, place) })
	}
	return some.Wait()
}

// inBatches writes puts, at most maxRows of them at once.
func inBatches(ctx context.Context, ks *store.Keyspace, puts []store.Put) error {
	for len(puts) > 0 {
		n := min(len(puts), maxRows)
		if err := ks.Write(ctx, puts[:n]...); err != nil {
			return err
		}
		puts = puts[n:]
	}
	return nil
}
