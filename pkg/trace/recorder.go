package trace

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"farthing/pkg/clock"
)

// Limits bound a recorder. Whatever is older than both allow is forgotten.
type Limits struct {
	Spans int // How many spans are kept; 0 stands for 65,536.
	Bytes int // How much memory they may take, about; 0 stands for 32 MiB.
}

const (
	defaultSpans = 1 << 16
	defaultBytes = 32 << 20
)

// Recorder keeps the most recent spans of a process, of all its services. It is one ring: writing is a copy under a
// lock, and looking up reads the whole ring, which takes about a millisecond and happens when somebody asks.
type Recorder struct {
	began  time.Time // Wall time when watch was started: all spans of a recorder share one monotonic clock.
	watch  clock.Stopwatch
	limits Limits
	oneIn  atomic.Uint64 // Every which new trace is recorded.
	begun  atomic.Uint64 // New traces so far.

	mu     sync.Mutex // Guards the rest.
	ring   []record   // Grows up to limits.Spans.
	oldest int        // Index in ring.
	count  int
	bytes  int
}

// record is a finished span as the ring keeps it.
type record struct {
	link       link
	parent     spanID
	service    string
	name       string
	kind       Kind
	started    time.Duration
	took       time.Duration
	status     string
	attributes []Attribute
}

// NewRecorder is an empty recorder that samples every trace.
func NewRecorder(limits Limits) *Recorder {
	r := &Recorder{limits: Limits{
		Spans: cmp.Or(limits.Spans, defaultSpans),
		Bytes: cmp.Or(limits.Bytes, defaultBytes),
	}}
	r.began, r.watch = since()
	r.oneIn.Store(1)
	return r
}

// Tracer starts spans of one service, such as "service.balance", into this recorder.
func (r *Recorder) Tracer(service string) *Tracer { return &Tracer{service: service, recorder: r} }

// Sample sets that one in n of the traces that begin here is recorded; 0 records none. A trace that came from elsewhere
// keeps its sender's choice. It may be called at any time.
func (r *Recorder) Sample(n uint64) { r.oneIn.Store(n) }

func (r *Recorder) samples() bool {
	switch n := r.oneIn.Load(); n {
	case 0:
		return false
	case 1:
		return true
	default:
		return r.begun.Add(1)%n == 0
	}
}

func (r *Recorder) add(s *record) {
	size := s.size()
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.count > 0 && (r.count == r.limits.Spans || r.bytes+size > r.limits.Bytes) {
		r.forget()
	}
	if r.count == len(r.ring) {
		r.grow()
	}
	r.ring[(r.oldest+r.count)%len(r.ring)] = *s
	r.count++
	r.bytes += size
}

// grow doubles the full ring, up to the limit. The caller holds mu.
func (r *Recorder) grow() {
	larger := make([]record, min(max(2*len(r.ring), 1024), r.limits.Spans))
	n := copy(larger, r.ring[r.oldest:])
	copy(larger[n:], r.ring[:r.oldest])
	r.ring, r.oldest = larger, 0
}

// forget drops the oldest span. The caller holds mu.
func (r *Recorder) forget() {
	r.bytes -= r.ring[r.oldest].size()
	r.ring[r.oldest] = record{} // Its attributes are garbage from now on.
	r.oldest = (r.oldest + 1) % len(r.ring)
	r.count--
}

// size is about what a span takes: its place in the ring and its attributes. Names are constants of the program.
func (s *record) size() int {
	size := int(unsafe.Sizeof(*s))
	for _, a := range s.attributes {
		size += int(unsafe.Sizeof(a)) + len(a.Value)
	}
	return size
}

// each calls f with every span, oldest first.
func (r *Recorder) each(f func(*record)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.count {
		f(&r.ring[(r.oldest+i)%len(r.ring)])
	}
}

// collect copies the spans that match, so that no caller works under the lock.
func (r *Recorder) collect(matches func(*record) bool) []record {
	var found []record
	r.each(func(s *record) {
		if matches(s) {
			found = append(found, *s)
		}
	})
	return found
}

func (s *record) has(want Attribute) bool { return slices.Contains(s.attributes, want) }
