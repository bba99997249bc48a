package fakeapple

import (
	"maps"
	"sync"
)

// Stats are counts since the start.
type Stats struct {
	Delivered   int64            `json:"delivered"`
	Connections int64            `json:"connections"`
	Refused     map[Reason]int64 `json:"refused"` // Hangs and lost answers included.
}

type stats struct {
	mu          sync.Mutex
	connections int64 // Guarded by mu, as is refusals.
	refusals    map[Reason]int64
}

func (s *stats) connected() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connections++
}

func (s *stats) refused(reason Reason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refusals == nil {
		s.refusals = make(map[Reason]int64)
	}
	s.refusals[reason]++
}

// Stats are the counts now.
func (s *Server) Stats() Stats {
	s.stats.mu.Lock()
	defer s.stats.mu.Unlock()
	return Stats{Delivered: s.book.Total(), Connections: s.stats.connections, Refused: maps.Clone(s.stats.refusals)}
}
