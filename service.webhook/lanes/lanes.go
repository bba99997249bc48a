// Package lanes does work for many, so that none of them holds up the others: each has a lane, in which little is under
// way at once, and a circuit that gives it a rest when it fails again and again.
package lanes

import (
	"context"
	"sync"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"

	"farthing/pkg/clock"
)

// Options bound what is under way and what waits. All are more than zero.
type Options struct {
	Each    int // Under way in one lane.
	All     int // Under way together.
	Queue   int // Waiting in one lane.
	Waiting int // Waiting together.
}

// Work is done in a lane. It tells the lane's circuit of the outcome.
type Work func(ctx context.Context, circuit *Circuit)

// Lanes are all lanes. They are safe for concurrent use.
type Lanes struct {
	options Options
	slots   chan struct{} // One for each piece of work under way.

	wake  chan struct{} // Something waits.
	group sync.WaitGroup

	mu      sync.Mutex // Guards the rest.
	lanes   map[string]*lane
	ready   []*lane // Those in which something waits that might be begun.
	waiting int
	names   map[string]bool // Of what waits or is under way.
}

type lane struct {
	queue   []piece
	running int // Pieces under way.
	circuit *Circuit
}

type piece struct {
	name string
	work Work
}

// New is lanes in which nothing is done before Run.
func New(o Options) *Lanes {
	return &Lanes{
		options: o, slots: make(chan struct{}, o.All), wake: make(chan struct{}, 1), lanes: make(map[string]*lane),
		names: make(map[string]bool),
	}
}

// drainFor is how long the end waits for what is under way.
const drainFor = 5 * time.Second

// Run has work done until ctx ends. What is under way then has some seconds left; what waits is forgotten.
func (l *Lanes) Run(ctx context.Context) {
	working, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	for ctx.Err() == nil {
		select {
		case <-l.wake:
			l.staff(working)
		case <-ctx.Done():
		}
	}
	l.forget()
	stop := context.AfterFunc(ctx, func() {
		_ = clock.Wait(working, drainFor)
		cancel()
	})
	defer stop()
	l.group.Wait()
}

// staff begins as much of the work as may be under way.
func (l *Lanes) staff(ctx context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, in := range l.ready {
		for in.running < l.options.Each && len(in.queue) > 0 {
			next := l.take(in)
			in.running++
			l.group.Go(func() { l.toil(ctx, in, next) })
		}
	}
	l.ready = nil
}

func (l *Lanes) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, each := range l.lanes {
		l.drop(each)
	}
}

// drop forgets what waits in a lane. l.mu is held.
func (l *Lanes) drop(in *lane) {
	for _, each := range in.queue {
		delete(l.names, each.name)
	}
	l.waiting -= len(in.queue)
	in.queue = nil
}

// Submit has work done in a lane, soon, and tells whether it will be: not if too much is waiting. What waits or is
// under way under the same name is not done twice.
func (l *Lanes) Submit(in, name string, work Work) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.names[name] {
		return true
	}
	there, ok := l.lanes[in]
	if !ok {
		l.tidy()
		there = &lane{circuit: newCircuit()}
		l.lanes[in] = there
	}
	if len(there.queue) >= l.options.Queue || l.waiting >= l.options.Waiting {
		return false
	}
	there.queue = append(there.queue, piece{name, work})
	l.names[name] = true
	l.waiting++
	l.ready = append(l.ready, there)
	select {
	case l.wake <- struct{}{}:
	default: // Once is enough.
	}
	return true
}

// lanesMax are remembered; beyond them, those in which nothing goes on are forgotten, and that they failed of late.
const lanesMax = 10_000

func (l *Lanes) tidy() {
	if len(l.lanes) < lanesMax {
		return
	}
	for name, each := range l.lanes {
		if each.running == 0 && len(each.queue) == 0 {
			delete(l.lanes, name)
		}
	}
}

// take takes the first piece that waits in a lane, which has one. l.mu is held.
func (l *Lanes) take(in *lane) piece {
	next := in.queue[0]
	in.queue = in.queue[1:]
	l.waiting--
	return next
}

// toil does one piece of a lane after another.
func (l *Lanes) toil(ctx context.Context, in *lane, next piece) {
	for more := true; more; next, more = l.after(in, next) {
		select {
		case l.slots <- struct{}{}:
			next.work(ctx, in.circuit)
			<-l.slots
		case <-ctx.Done(): // It is forgotten.
		}
	}
}

// after ends a piece, and answers the next one of its lane if there is any.
func (l *Lanes) after(in *lane, done piece) (next piece, more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.names, done.name)
	if len(in.queue) == 0 {
		in.running--
		return piece{}, false
	}
	return l.take(in), true
}

const (
	// failuresMax is how many failures in a row a lane may have, …
	failuresMax = 5
	// … before it rests, by real time. One attempt then tries whether it is back.
	rest = 5 * time.Second
)

// Circuit gives what fails a rest. It is safe for concurrent use.
type Circuit struct {
	breaker circuitbreaker.CircuitBreaker[any]
}

func newCircuit() *Circuit {
	return &Circuit{circuitbreaker.NewBuilder[any]().
		WithFailureThreshold(failuresMax).WithSuccessThreshold(1).WithDelay(rest).Build()}
}

// Permits tells whether an attempt may be made. Its outcome must be told of then.
func (c *Circuit) Permits() bool { return c.breaker.TryAcquirePermit() }

// Succeeded and Failed tell of an attempt's outcome.
func (c *Circuit) Succeeded() { c.breaker.RecordSuccess() }

// Failed is the other outcome.
func (c *Circuit) Failed() { c.breaker.RecordFailure() }
