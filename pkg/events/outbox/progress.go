package outbox

import (
	"cmp"
	"maps"
	"slices"
	"sync"

	"farthing/pkg/events"
)

// progress is what a Relay remembers of its keys, in parts, so that nobody who marks a key waits for a walk over all.
type progress struct{ parts [32]part }

func newProgress() *progress {
	p := &progress{}
	for i := range p.parts {
		p.parts[i].keys = make(map[string]*keyState)
	}
	return p
}

func (p *progress) of(key string) *part { return &p.parts[shardOf(key, uint32(len(p.parts)))] }

// part is what is remembered of some keys.
type part struct {
	mu   sync.Mutex // Guards the rest.
	keys map[string]*keyState
}

// keyState is a key that was active lately.
type keyState struct {
	minute int64 // The last one in which it was asked for.
	known  bool  // Base was read or begun from.
	base   int64 // The bus has everything up to here.
	saved  int64 // What the table says of it.
	above  spans // What the bus has besides.
}

// state is what is known of a key. p.mu is held.
func (p *part) state(key string) *keyState {
	s, ok := p.keys[key]
	if !ok {
		s = &keyState{}
		p.keys[key] = s
	}
	s.minute = minuteOf(now())
	return s
}

// acknowledge notes what the bus has.
func (p *progress) acknowledge(batch []parcel) {
	for _, sent := range batch {
		p.of(sent.place.Key).acknowledge(sent.place.Key, sent.event.Version)
	}
}

func (p *part) acknowledge(key string, seq int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.state(key)
	if seq == 1 {
		s.known = true // Nothing is below the first.
	}
	if seq > s.base {
		s.above = s.above.with(seq)
	}
	s.close()
}

// close moves base over what follows it without a gap.
func (s *keyState) close() {
	if s.known {
		s.above, s.base = s.above.above(s.base)
	}
}

// missing are those events that the bus is not known to have, ready to be sent.
func (p *part) missing(key string, all []events.Event) []parcel {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.state(key)
	batch := make([]parcel, 0, len(all))
	for _, e := range all {
		if e.Version > s.base && !s.above.has(e.Version) {
			batch = append(batch, parcel{event: e, place: Place{Key: key}})
		}
	}
	return batch
}

// reached notes that the bus has everything up to a sequence, and answers up to which it is now known to.
func (p *part) reached(key string, seq int64) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.state(key)
	s.base, s.known = max(s.base, seq), true
	s.close()
	return s.base
}

func (p *part) base(key string) (seq int64, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.state(key)
	return s.base, s.known
}

// begin is reached for what the table says.
func (p *part) begin(key string, seq int64) int64 {
	p.mu.Lock()
	s := p.state(key)
	s.saved = max(s.saved, seq)
	p.mu.Unlock()
	return p.reached(key, seq)
}

// unknown are the keys of which the bus has something above an unknown base.
func (p *progress) unknown() []string {
	var keys []string
	p.each(func(key string, s *keyState) {
		if !s.known && len(s.above) > 0 {
			keys = append(keys, key)
		}
	})
	return keys
}

// moved are the rows to be written, those of one partition side by side.
func (p *progress) moved() []publishedRow {
	var rows []publishedRow
	p.each(func(key string, s *keyState) {
		if s.known && s.base > s.saved {
			rows = append(rows, publishedRow{Bucket: shardOf(key, buckets), Key: key, Seq: s.base})
		}
	})
	slices.SortFunc(rows, func(a, b publishedRow) int {
		return cmp.Or(cmp.Compare(a.Bucket, b.Bucket), cmp.Compare(a.Key, b.Key))
	})
	return rows
}

func (p *progress) saved(rows []publishedRow) {
	for _, row := range rows {
		p.of(row.Key).begin(row.Key, row.Seq)
	}
}

// forget drops keys that were last asked for before a minute and have nothing left to save. A gap goes with them: it is
// the sweep's to fill.
func (p *progress) forget(before int64) {
	for i := range p.parts {
		part := &p.parts[i]
		part.mu.Lock()
		maps.DeleteFunc(part.keys, func(_ string, s *keyState) bool {
			return s.minute < before && s.base <= s.saved
		})
		part.mu.Unlock()
	}
}

// each calls f with every key, its part locked.
func (p *progress) each(f func(key string, s *keyState)) {
	for i := range p.parts {
		part := &p.parts[i]
		part.mu.Lock()
		for key, s := range part.keys {
			f(key, s)
		}
		part.mu.Unlock()
	}
}
