// Package rawstore measures how many conditional writes a second a store can do when nothing but pkg/store stands
// before it. It is what the rates of a bank on the same store are compared with.
//
// A write has the shape of the ledger's hold: the account's statics on the condition of their version, the entry, and
// the row by id on the condition that it is new. Nobody contends: each account belongs to one client, who writes to
// its accounts in turn and waits for each answer.
package rawstore

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"farthing/cmd/farthing/bench/loop"
	"farthing/pkg/clock"
	"farthing/pkg/id"
	"farthing/pkg/store"
)

// Bench is accounts to write to, shared out among clients.
type Bench struct {
	rows    store.Conditional[row]
	ids     *id.Maker
	clients []*client
}

// Open makes the table if it is not there yet, and this many fresh accounts. Clients are at most as many.
func Open(ctx context.Context, s store.Store, clients, accounts int) (*Bench, error) {
	if clients < 1 || clients > accounts {
		return nil, fmt.Errorf("%d accounts cannot be shared out among %d clients", accounts, clients)
	}
	if err := s.Migrate(ctx, schema); err != nil {
		return nil, fmt.Errorf("making the table: %w", err)
	}
	keyspace := store.NewKeyspace(schema.Keyspace, s.Open(schema.Keyspace))
	b := &Bench{rows: rows.On(keyspace), ids: id.NewMaker(clock.Real{}), clients: make([]*client, clients)}
	for i := range b.clients {
		b.clients[i] = &client{bench: b}
	}
	for i := range accounts {
		c := b.clients[i%clients]
		c.accounts = append(c.accounts, &account{id: b.ids.New("acc")})
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, c := range b.clients {
		group.Go(func() error { return c.open(ctx) })
	}
	return b, group.Wait()
}

// Run has every client write until the time is over.
func (b *Bench) Run(ctx context.Context, load loop.Load) *loop.Result {
	load.Workers = len(b.clients)
	return loop.Run(ctx, load, func(ctx context.Context, worker int) error { return b.clients[worker].write(ctx) })
}

// client writes to its own accounts, one write at a time.
type client struct {
	bench    *Bench
	accounts []*account
	next     int
}

// account is the state of one account as its client last saw it.
type account struct {
	id      string
	version int64
}

func (c *client) open(ctx context.Context) error {
	for _, a := range c.accounts {
		batch := c.bench.rows.Batch(a.id, int64(0)).IfNull("version").SetStatics(staticsOf(0))
		if answer, err := batch.Apply(ctx); err != nil || !answer.OK {
			return errors.Join(fmt.Errorf("opening an account: applied %t", answer.OK), err)
		}
	}
	return nil
}

// errStale is a write that was refused, which happens only after one of unknown outcome.
var errStale = errors.New("refused: an earlier write that had no answer had been applied")

// write posts one hold to the next account.
func (c *client) write(ctx context.Context) error {
	a := c.accounts[c.next%len(c.accounts)]
	c.next++
	entry := entryOf(a.version+1, c.bench.ids.New("hold"), c.bench.ids.New("tx"))
	byID := entry
	byID.Kind, byID.Sequence = rowByID, 0
	answer, err := c.bench.rows.Batch(a.id, int64(0)).
		If("version", a.version).If("closed", false).
		SetStatics(staticsOf(a.version+1), stateColumns()...).
		Insert(entry).
		InsertNew(byID, answerColumns()...).
		Apply(ctx)
	switch {
	case err != nil:
		return err
	case !answer.OK:
		a.version = answer.Statics.Version
		return errStale
	}
	a.version++
	return nil
}
