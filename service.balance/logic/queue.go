package logic

import (
	"context"
	"slices"
	"sync"
)

const (
	// batchMax commands are decided together: with two rows each they are half of what one conditional write takes.
	batchMax = 64
	// queuesMax accounts keep their state in memory; beyond, idle ones are forgotten.
	queuesMax = 100_000
)

// pending is one command that waits for its decision.
type pending struct {
	command Command
	wanted  wanted          // Its id, in buckets before the newest.
	ctx     context.Context // Of the caller: its deadline bounds the write, its trace is continued.
	done    chan result     // Takes one result without blocking.
}

type result struct {
	decision Decision
	err      error
}

func (p *pending) answer(entry Entry, repeated bool) {
	p.done <- result{Decision{entry, repeated}, nil}
}

func (p *pending) fail(err error) { p.done <- result{err: err} }

// queue is the commands that wait for one account, and the account's state as this process last saw it.
type queue struct {
	mu       sync.Mutex // Guards the rest.
	waiting  []*pending
	draining bool
	state    *Account // Nil when unknown. It may be stale: the store's condition finds out.
}

// push adds a command, and tells whether the caller must start draining.
func (q *queue) push(p *pending) (start bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, p)
	start = !q.draining
	q.draining = true
	return start
}

// withdraw takes back a command that nobody has begun to decide.
func (q *queue) withdraw(p *pending) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.waiting, p)
	if i < 0 {
		return false
	}
	q.waiting = slices.Delete(q.waiting, i, i+1)
	return true
}

// take is the next round of at most so many commands, each id once, and ends the draining when there is none.
func (q *queue) take(most int) []*pending {
	q.mu.Lock()
	defer q.mu.Unlock()
	var round, later []*pending
	ids := make(map[string]bool, min(len(q.waiting), most))
	for _, p := range q.waiting {
		if len(round) == most || ids[p.command.ID] {
			later = append(later, p) // A repeat is decided after the first, and then sees its answer.
			continue
		}
		ids[p.command.ID] = true
		round = append(round, p)
	}
	q.waiting = later
	q.draining = len(round) > 0
	return round
}

func (q *queue) remember(state *Account) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.state = state
}

func (q *queue) remembered() *Account {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.state
}

func (q *queue) idle() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return !q.draining
}

// queues is every account's queue. The zero value is ready.
type queues struct {
	mu      sync.Mutex // Guards byAccount.
	entries map[string]*queue
}

func (s *queues) of(account string) *queue {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found, ok := s.entries[account]; ok {
		return found
	}
	if s.entries == nil {
		s.entries = make(map[string]*queue)
	}
	s.makeRoom()
	made := &queue{}
	s.entries[account] = made
	return made
}

// makeRoom forgets some idle queue when there are too many. A caller may still hold a forgotten one: two queues on
// one account only race, and the store's condition settles it.
func (s *queues) makeRoom() {
	if len(s.entries) < queuesMax {
		return
	}
	for account, q := range s.entries { // Any will do, and Go's order is random.
		if q.idle() {
			delete(s.entries, account)
			return
		}
	}
}
