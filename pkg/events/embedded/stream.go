package embedded

import (
	"sort"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"farthing/pkg/events"
)

// The newest events of each stream stay in memory, so that a consumer who keeps up never reads Pebble.
const (
	maxTailEvents = 4_096
	maxTailBytes  = 4 << 20
	maxReadBytes  = 1 << 20 // Of one read of what is older, about.
)

// stream is one log, as its readers see it: durable events only.
type stream struct {
	name string
	db   *pebble.DB

	mu        sync.Mutex // Guards the rest.
	tail      tail
	listeners map[*listener]bool
	trimmed   uint64 // Everything up to here is gone.
}

// tail is every durable event of the stream that comes after a sequence number.
type tail struct {
	after   uint64
	entries []entry
	bytes   int
}

// listener is woken when there may be something to do.
type listener struct{ woken chan struct{} }

func newListener() *listener { return &listener{make(chan struct{}, 1)} }

func (l *listener) wake() {
	select {
	case l.woken <- struct{}{}:
	default: // It has not yet answered the last call: one is enough.
	}
}

func (s *stream) append(e entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &s.tail
	t.entries = append(t.entries, e)
	t.bytes += len(e.event.Body)
	for len(t.entries) > maxTailEvents || t.bytes > maxTailBytes {
		t.after = t.entries[0].seq
		t.bytes -= len(t.entries[0].event.Body)
		t.entries[0] = entry{} // The array lives on: let go of the event.
		t.entries = t.entries[1:]
	}
}

func (s *stream) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for l := range s.listeners {
		l.wake()
	}
}

func (s *stream) listen(l *listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listeners[l] = true
}

func (s *stream) leave(l *listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, l)
}

// read is up to limit events after a sequence number, in order.
func (s *stream) read(after uint64, limit int) ([]entry, error) {
	for {
		found, covered := s.readTail(after, limit)
		if covered <= after {
			return found, nil
		}
		found, err := s.readLog(after, covered, limit)
		if err != nil || len(found) > 0 {
			return found, err
		}
		after = covered // Nothing is left before the tail, which may have moved on meanwhile.
	}
}

// readTail is what the tail has after a sequence number, and where the tail begins: it knows of nothing up to there.
func (s *stream) readTail(after uint64, limit int) ([]entry, uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if after < s.tail.after {
		return nil, s.tail.after
	}
	entries := s.tail.entries
	first := sort.Search(len(entries), func(i int) bool { return entries[i].seq > after })
	last := min(first+limit, len(entries))
	return append([]entry(nil), entries[first:last]...), s.tail.after
}

// readLog is up to limit events after one sequence number, up to and with another, from Pebble.
func (s *stream) readLog(after, upTo uint64, limit int) ([]entry, error) {
	iter, err := s.db.NewIter(&pebble.IterOptions{
		LowerBound: keyOf(logKind, s.name, after+1), UpperBound: keyOf(logKind, s.name, upTo+1),
	})
	if err != nil {
		return nil, err
	}
	var found []entry
	for ok, size := iter.First(), 0; ok && len(found) < limit && size < maxReadBytes; ok = iter.Next() {
		value, err := iter.ValueAndErr()
		if err != nil {
			break // Close answers it.
		}
		e, err := events.ReadEnvelope(value)
		if err != nil {
			return nil, closing(iter, err)
		}
		_, seq := parseKey(iter.Key())
		found = append(found, entry{seq, s.name, e})
		size += len(value)
	}
	return found, iter.Close()
}

// closing closes the iterator for the sake of an earlier failure.
func closing(iter *pebble.Iterator, err error) error {
	_ = iter.Close() // The earlier failure says more.
	return err
}
