package faults

import (
	"context"
	"sync/atomic"

	"farthing/pkg/store"
)

// Counter counts what is asked of the stores and engines that it wraps. The zero value is ready; it is safe for
// concurrent use.
type Counter struct{ counts [opCount]atomic.Int64 }

// Store is s, counted.
func (c *Counter) Store(s store.Store) store.Store { return counted{s, c} }

// Engine is e, counted.
func (c *Counter) Engine(e store.Engine) store.Engine {
	return watched{e, func(_ context.Context, op Op) error {
		c.counts[op].Add(1)
		return nil
	}}
}

// Counts is how many operations of each kind were asked so far. Kinds that nobody asked for are not in it.
func (c *Counter) Counts() map[Op]int64 {
	counts := make(map[Op]int64)
	for op := range opCount {
		if n := c.counts[op].Load(); n > 0 {
			counts[op] = n
		}
	}
	return counts
}

// counted is a store whose keyspaces are counted.
type counted struct {
	store.Store
	counter *Counter
}

// Open is the store's keyspace, counted.
func (c counted) Open(keyspace string) store.Engine { return c.counter.Engine(c.Store.Open(keyspace)) }
