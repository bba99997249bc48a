package outbox

import (
	"slices"
	"sync"
	"time"
)

// told is the events that the bus has and whose rows are still to be deleted. They wait for the next write to their
// place, which takes them along for nothing.
type told struct {
	mu sync.Mutex // Guards at.
	at map[Place]*toldThere
}

type toldThere struct {
	ids   []string
	since time.Time // When the first of them was told.
}

// add adds ids that are not there: an event may be told more than once.
func (t *told) add(place Place, ids ...string) {
	if len(ids) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.at == nil {
		t.at = make(map[Place]*toldThere)
	}
	there, ok := t.at[place]
	if !ok {
		there = &toldThere{since: now()}
		t.at[place] = there
	}
	for _, id := range ids {
		if !slices.Contains(there.ids, id) {
			there.ids = append(there.ids, id)
		}
	}
}

// take removes and answers some ids of a place, at most limit.
func (t *told) take(place Place, limit int) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	there, ok := t.at[place]
	if !ok {
		return nil
	}
	if len(there.ids) <= limit {
		delete(t.at, place)
		return there.ids
	}
	some := slices.Clone(there.ids[:limit])
	there.ids = there.ids[limit:]
	return some
}

func (t *told) has(place Place, id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	there, ok := t.at[place]
	return ok && slices.Contains(there.ids, id)
}

// before are the places where something waits since before then.
func (t *told) before(then time.Time) []Place {
	t.mu.Lock()
	defer t.mu.Unlock()
	var places []Place
	for place, there := range t.at {
		if there.since.Before(then) {
			places = append(places, place)
		}
	}
	return places
}

// doubtful is the places that must be looked at soon, because something in them may not have been told, and since when.
type doubtful struct {
	mu     sync.Mutex // Guards places.
	places map[Place]time.Time
}

// doubtfulMax bounds what is remembered; what is not is found when its minute has settled.
const doubtfulMax = 100_000

func (d *doubtful) add(at time.Time, places ...Place) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.places == nil {
		d.places = make(map[Place]time.Time)
	}
	for _, place := range places {
		if len(d.places) < doubtfulMax {
			d.places[place] = at
		}
	}
}

// take removes and answers those that have been doubtful since before then.
func (d *doubtful) take(then time.Time) []Place {
	d.mu.Lock()
	defer d.mu.Unlock()
	var old []Place
	for place, since := range d.places {
		if since.Before(then) {
			old = append(old, place)
			delete(d.places, place)
		}
	}
	return old
}
