package embedded

import (
	"container/heap"
	"sync"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/events"
)

// Bounds of what a subscription keeps in memory.
const (
	fetchSize  = 256    // Events read from the log at once, and so the most that wait for a handler.
	maxWindow  = 65_536 // Events between the watermark and the newest one read; a few words each once done.
	maxWaiting = 8_192  // Events parked; when so many fail, the subscription reads no further until some succeed.
)

// durable is a subscription's name and how far it has come, shared by all who run it here.
type durable struct {
	bus    *Bus
	name   string
	stream *stream

	mu        sync.Mutex // Guards the rest.
	position  uint64     // The newest event taken from the log.
	unread    []entry    // Read from the log, after position, and too young for After.
	window    []*delivery
	ready     []*delivery // Read, and waiting for a handler.
	later     schedule    // Parked, or held back by chaos.
	saved     uint64      // The watermark in Pebble.
	listeners map[*listener]bool
	chaos     *mischief
}

// delivery is one event on its way to a handler and back.
type delivery struct {
	seq    uint64
	tries  int // That have failed.
	event  events.Event
	done   bool
	parked bool // It lives under a key of its own; the window has forgotten it.
	ghost  bool // Chaos repeats it: what becomes of it does not matter.
}

// take is the next delivery that is due for this subscription, or else the time when one will be (zero if that takes a
// publication). The caller settles what it takes.
func (d *durable) take(s events.Subscription) (next *delivery, due time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := clock.Real{}.Now()
	if next := d.takeLater(now); next != nil {
		return next, time.Time{}
	}
	held := d.fill(s, now)
	if len(d.ready) > 0 {
		next, d.ready[0] = d.ready[0], nil
		d.ready = d.ready[1:]
		return next, time.Time{}
	}
	return nil, earlier(held, d.later.next())
}

// fill reads on in the log until something is ready. It tells when the next event will be old enough for After, if
// that is what it waits for: the log is in the order of publication, so what comes later is younger still.
func (d *durable) fill(s events.Subscription, now time.Time) (held time.Time) {
	for len(d.ready) == 0 && len(d.window) < maxWindow && d.later.Len() < maxWaiting {
		if err := d.readOn(); err != nil {
			d.bus.options.Log.Error("reading the event log", "subscription", d.name, "error", err)
			return now.Add(time.Second)
		}
		if len(d.unread) == 0 {
			return time.Time{}
		}
		for len(d.unread) > 0 {
			e := d.unread[0]
			if due := e.event.PublishedAt.Add(s.After); s.After > 0 && due.After(now) {
				return due
			}
			d.position, d.unread = e.seq, d.unread[1:]
			d.admit(s, e)
		}
	}
	return time.Time{}
}

// readOn reads the next stretch of the log, unless one is left: what After holds back is not read again and again.
func (d *durable) readOn() (err error) {
	if len(d.unread) == 0 {
		d.unread, err = d.stream.read(d.position, fetchSize)
	}
	return err
}

func (d *durable) admit(s events.Subscription, e entry) {
	if !wants(s, e.event.Type) {
		return
	}
	next := &delivery{seq: e.seq, event: e.event}
	d.window = append(d.window, next)
	if d.chaos == nil || !d.chaos.disturb(d, next) {
		d.ready = append(d.ready, next)
	}
}

func wants(s events.Subscription, kind string) bool {
	for _, wanted := range s.Types {
		if kind == wanted {
			return true
		}
	}
	return false
}

// takeLater is what was parked or held back and is due.
func (d *durable) takeLater(now time.Time) *delivery {
	for d.later.Len() > 0 && !d.later[0].due.After(now) {
		item, _ := heap.Pop(&d.later).(waiting)
		if item.held != nil {
			return item.held
		}
		parked, err := d.loadParked(item.seq)
		if err != nil {
			d.bus.options.Log.Error("reading a parked event", "subscription", d.name, "error", err)
			heap.Push(&d.later, waiting{due: now.Add(time.Second), seq: item.seq})
			return nil
		}
		if parked != nil {
			return parked
		}
	}
	return nil
}

// watermark is the newest event such that it and all before it are done or parked. d.mu is held.
func (d *durable) watermark() uint64 {
	if len(d.window) > 0 {
		return d.window[0].seq - 1
	}
	return d.position
}

// finish marks a delivery from the log as done (or parked, or dead) and moves the window's lower end. d.mu is held.
func (d *durable) finish(done *delivery) {
	done.done = true
	done.event = events.Event{}
	wasFull := len(d.window) >= maxWindow
	for len(d.window) > 0 && d.window[0].done {
		d.window[0] = nil
		d.window = d.window[1:]
	}
	if wasFull && len(d.window) < maxWindow {
		d.wake()
	}
}

// wake tells all who run the subscription to look again. d.mu is held.
func (d *durable) wake() {
	for l := range d.listeners {
		l.wake()
	}
}

func (d *durable) join(l *listener) {
	d.mu.Lock()
	d.listeners[l] = true
	d.mu.Unlock()
	d.stream.listen(l)
}

func (d *durable) leave(l *listener) {
	d.stream.leave(l)
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.listeners, l)
	d.wake() // What this one would have taken is the others'.
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

// waiting is a delivery that is due later: a parked one, to be read again, or one that chaos holds back.
type waiting struct {
	due  time.Time
	seq  uint64
	held *delivery
}

// schedule is a heap of what is due later, the earliest first.
type schedule []waiting

func (s schedule) next() time.Time {
	if len(s) == 0 {
		return time.Time{}
	}
	return s[0].due
}

func (s schedule) Len() int           { return len(s) }
func (s schedule) Less(i, j int) bool { return s[i].due.Before(s[j].due) }
func (s schedule) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }

// Push and Pop are for container/heap.
func (s *schedule) Push(item any) {
	if w, ok := item.(waiting); ok {
		*s = append(*s, w)
	}
}

// Pop removes the last item.
func (s *schedule) Pop() any {
	last := (*s)[len(*s)-1]
	(*s)[len(*s)-1] = waiting{}
	*s = (*s)[:len(*s)-1]
	return last
}
