package world

import (
	"slices"
	"sync"

	"farthing/pkg/store"
	"farthing/pkg/store/faults"
)

// Crashes are stores that stop at a chosen write: they do it or not, say that nobody knows, and do nothing any more
// until they are started again.
type Crashes struct {
	// Of are the keyspaces that crash; those that decide what becomes of a payment if none is named.
	Of []string

	mu     sync.Mutex // Guards the rest.
	armed  bool
	after  int // Writes until the crash.
	done   bool
	down   bool
	writes int // Since it was armed.
}

// Store wraps the keyspaces that crash.
func (c *Crashes) Store(s store.Store) store.Store { return crashing{s, c} }

type crashing struct {
	store.Store
	c *Crashes
}

// Open is a keyspace that crashes, if it is one of them.
func (s crashing) Open(keyspace string) store.Engine {
	engine, of := s.Store.Open(keyspace), s.c.Of
	if len(of) == 0 {
		of = []string{"balance", "card_processing"}
	}
	if !slices.Contains(of, keyspace) {
		return engine
	}
	return faults.Wrap(engine, s.c.pick)
}

func (c *Crashes) pick(op faults.Op) faults.Fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !c.armed:
		return faults.None
	case c.down:
		return faults.Unavailable
	case op != faults.Apply && op != faults.Write:
		return faults.None
	}
	if c.writes++; c.writes <= c.after {
		return faults.None
	}
	c.down = true
	if c.done {
		return faults.UnknownApplied
	}
	return faults.UnknownLost
}

// Arm has the stores crash at the n-th write from now on, from 0, after doing it or not.
func (c *Crashes) Arm(n int, done bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.armed, c.after, c.done, c.down, c.writes = true, n, done, false, 0
}

// Restart ends that, and tells whether they had crashed.
func (c *Crashes) Restart() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.armed = false
	return c.down
}
