package store

import "sync"

// Once remembers which rows were written that need no second writing: those that only say that something is there,
// and say the same each time. Such a row rides in the first batch that needs it and is left out of the later ones; on
// Cassandra each partition fewer in a batch is two writes fewer. Forgetting costs a repeat, never a row, so what it
// remembers is bounded and dies with the process. The zero value is ready; it is safe for concurrent use.
type Once struct {
	mu      sync.Mutex // Guards written.
	written map[string]struct{}
}

// onceMax bounds what is remembered: some 10 MB of short keys.
const onceMax = 100_000

// With is the puts, and the row's own put unless it was written before; done is to be called when that batch has
// succeeded, and only then.
func (o *Once) With(key string, row Put, puts ...Put) (all []Put, done func()) {
	o.mu.Lock()
	_, known := o.written[key]
	o.mu.Unlock()
	if known {
		return puts, func() {}
	}
	return append(puts, row), func() { o.remember(key) }
}

func (o *Once) remember(key string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.written == nil || len(o.written) >= onceMax {
		o.written = make(map[string]struct{})
	}
	o.written[key] = struct{}{}
}
