package faults

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"

	"farthing/pkg/store"
)

// Fault is what happens to one operation.
type Fault int

const (
	// None does the operation and answers truly.
	None Fault = iota
	// Unavailable does nothing and says so.
	Unavailable
	// UnknownApplied does a write and says that its outcome is unknown.
	UnknownApplied
	// UnknownLost does not do a write, ever, and says that its outcome is unknown.
	UnknownLost
	// UnknownLate says that a write's outcome is unknown, and does it later: at an Arrive, or at Settle.
	UnknownLate
	// Torn does the first half of a plain batch and says that its outcome is unknown; the rest comes late. A conditional
	// batch cannot be torn: it is UnknownLate.
	Torn
	// Arrive lets the oldest late write happen just before the operation, which is then done and answered truly.
	Arrive
)

// errInjected is the cause of every fault here.
var errInjected = errors.New("injected")

// Pick chooses the fault of the next operation. Engines call it from many goroutines.
type Pick func(Op) Fault

// Script is these faults for these operations of the given kind, one after another, and none afterwards or for others.
func Script(op Op, faults ...Fault) Pick {
	var mu sync.Mutex
	return func(asked Op) Fault {
		mu.Lock()
		defer mu.Unlock()
		if asked != op || len(faults) == 0 {
			return None
		}
		next := faults[0]
		faults = faults[1:]
		return next
	}
}

// Rates are how many of 1,000 operations meet each fault. The rest meets none.
type Rates struct{ Unavailable, UnknownApplied, UnknownLost, UnknownLate, Torn, Arrive int }

// Seeded picks faults at these rates. The same seed and the same order of operations meet the same faults.
func Seeded(seed uint64, rates Rates) Pick {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // It has to be the same again.
	shares := []struct {
		fault Fault
		share int
	}{
		{Unavailable, rates.Unavailable}, {UnknownApplied, rates.UnknownApplied}, {UnknownLost, rates.UnknownLost},
		{UnknownLate, rates.UnknownLate}, {Torn, rates.Torn}, {Arrive, rates.Arrive},
	}
	return func(Op) Fault {
		mu.Lock()
		drawn := random.IntN(1000)
		mu.Unlock()
		for _, s := range shares {
			if drawn < s.share {
				return s.fault
			}
			drawn -= s.share
		}
		return None
	}
}

// Engine is an engine with faults. It is safe for concurrent use.
type Engine struct {
	watched // Reads: the only fault of a read is that it is not available.
	pick    Pick

	mu   sync.Mutex // Guards late.
	late []func(context.Context) error
}

var _ store.Engine = (*Engine)(nil)

// Wrap is an engine on which operations meet the faults that pick chooses.
func Wrap(engine store.Engine, pick Pick) *Engine {
	e := &Engine{pick: pick}
	e.watched = watched{engine, e.meet}
	return e
}

func (e *Engine) meet(ctx context.Context, op Op) error {
	switch e.pick(op) {
	case Unavailable:
		return store.Unavailable(errInjected)
	case Arrive:
		return e.arrive(ctx)
	default:
		return nil
	}
}

// Write is a plain batch that may be lost, late or torn.
func (e *Engine) Write(ctx context.Context, writes []store.Mutation) error {
	do := func(ctx context.Context) error { return e.engine.Write(ctx, writes) }
	fault := e.pick(Write)
	if half := len(writes) / 2; fault == Torn && half > 0 {
		if err := e.engine.Write(ctx, writes[:half]); err != nil {
			return err
		}
	}
	return e.suffer(ctx, fault, do)
}

// Apply is a conditional batch that may be lost or late.
func (e *Engine) Apply(ctx context.Context, b store.ConditionalBatch) (store.Applied, error) {
	answers := make(chan store.Applied, 1) // A late write answers when its caller has long gone: it is read at most once.
	err := e.suffer(ctx, e.pick(Apply), func(ctx context.Context) error {
		applied, err := e.engine.Apply(ctx, b)
		if err == nil {
			answers <- applied
		}
		return err
	})
	if err != nil {
		return store.Applied{}, err
	}
	return <-answers, nil
}

// suffer does a write as its fault has it.
func (e *Engine) suffer(ctx context.Context, fault Fault, do func(context.Context) error) error {
	switch fault {
	case Unavailable:
		return store.Unavailable(errInjected)
	case UnknownApplied:
		if err := do(ctx); err != nil {
			return err
		}
		return store.Unknown(errInjected)
	case UnknownLost:
		return store.Unknown(errInjected)
	case UnknownLate, Torn:
		e.mu.Lock()
		e.late = append(e.late, do)
		e.mu.Unlock()
		return store.Unknown(errInjected)
	case Arrive:
		if err := e.arrive(ctx); err != nil {
			return err
		}
	case None:
	}
	return do(ctx)
}

// arrive does the oldest late write, if there is one. If it fails it is still late.
func (e *Engine) arrive(ctx context.Context) error {
	e.mu.Lock()
	if len(e.late) == 0 {
		e.mu.Unlock()
		return nil
	}
	do := e.late[0]
	e.late = e.late[1:]
	e.mu.Unlock()
	err := do(ctx)
	if err != nil {
		e.mu.Lock()
		e.late = append(e.late, do)
		e.mu.Unlock()
	}
	return err
}

// Settle does all late writes, the oldest first, and answers the first failure. Afterwards whatever can still happen
// has happened.
func (e *Engine) Settle(ctx context.Context) error {
	for e.Late() > 0 {
		if err := e.arrive(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Late is how many writes may still happen.
func (e *Engine) Late() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.late)
}

// Store is a store on whose keyspaces operations meet faults. Migrating and checking meet none.
type Store struct {
	store.Store
	pick Pick

	mu      sync.Mutex // Guards engines.
	engines map[string]*Engine
}

// WrapStore is a store on which operations meet the faults that pick chooses.
func WrapStore(s store.Store, pick Pick) *Store {
	return &Store{Store: s, pick: pick, engines: make(map[string]*Engine)}
}

// Open is a keyspace with faults, the same each time.
func (s *Store) Open(keyspace string) store.Engine {
	s.mu.Lock()
	defer s.mu.Unlock()
	engine, ok := s.engines[keyspace]
	if !ok {
		engine = Wrap(s.Store.Open(keyspace), s.pick)
		s.engines[keyspace] = engine
	}
	return engine
}

// Settle does all late writes of all keyspaces.
func (s *Store) Settle(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, engine := range s.engines {
		if err := engine.Settle(ctx); err != nil {
			return err
		}
	}
	return nil
}
