// Package server is a TCP door for ISO 8583: many connections, on each of which many messages may be outstanding.
// Each is answered when its answer is there, in whatever order that is; its STAN says which it belongs to.
//
// Nobody can hold up anybody else. Every connection has a reader and a writer of its own, and a bound on what it
// may have outstanding, beyond which nothing more is read from it; whoever sends or reads too slowly is
// disconnected.
package server

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"

	"farthing/pkg/clock"
	"farthing/service.card-api/iso8583"
)

// Limits bound what peers may take. A zero is a default.
type Limits struct {
	Connections int           // At once; 256.
	Outstanding int           // Messages of a connection that are not answered yet; 128.
	Idle        time.Duration // Without a message; 5 minutes.
	Receive     time.Duration // From the first byte of a message to its last; 10 s.
	Write       time.Duration // For the peer to take an answer; 5 s.
}

func (l Limits) orDefault() Limits {
	return Limits{
		Connections: cmp.Or(l.Connections, 256), Outstanding: cmp.Or(l.Outstanding, 128),
		Idle: cmp.Or(l.Idle, 5*time.Minute), Receive: cmp.Or(l.Receive, 10*time.Second),
		Write: cmp.Or(l.Write, 5*time.Second),
	}
}

// Answer answers a message that can be answered, within the time that it sets itself. It is called by many at once.
type Answer func(ctx context.Context, m iso8583.Message) iso8583.Message

// Server is a door. Make it with New.
type Server struct {
	answer  Answer
	limits  Limits
	metrics *Metrics
	log     *slog.Logger

	mu       sync.Mutex // Guards the rest.
	listener net.Listener
	open     map[*connection]struct{}
	draining bool
	all      sync.WaitGroup
}

// New is a door that nobody has opened yet.
func New(answer Answer, limits Limits, metrics *Metrics, log *slog.Logger) *Server {
	return &Server{
		answer: answer, limits: limits.orDefault(), metrics: metrics, log: log, open: make(map[*connection]struct{}),
	}
}

// acceptAgain is how long to wait when the machine has no more sockets.
const acceptAgain = 100 * time.Millisecond

// Serve answers whoever connects, until Shutdown or Close.
func (s *Server) Serve(listener net.Listener) error {
	s.mu.Lock()
	s.listener = listener
	draining := s.draining
	s.mu.Unlock()
	if draining {
		return listener.Close()
	}
	for {
		socket, err := listener.Accept()
		switch {
		case err == nil:
			s.admit(socket)
		case s.isDraining():
			return nil
		case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE), errors.Is(err, syscall.ECONNABORTED):
			s.log.Warn("cannot accept a connection", "door", "iso8583", "error", err)
			_ = clock.Wait(context.Background(), acceptAgain) // Nothing ends it.
		default:
			return err
		}
	}
}

func (s *Server) isDraining() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.draining
}

// admit has a connection served, unless there are too many.
func (s *Server) admit(socket net.Conn) {
	c := newConnection(s, socket)
	s.mu.Lock()
	full := len(s.open) >= s.limits.Connections
	if !full && !s.draining {
		s.open[c] = struct{}{}
		s.all.Add(1)
		s.mu.Unlock()
		s.metrics.open.Inc()
		go c.run()
		return
	}
	s.mu.Unlock()
	s.metrics.ended(tooMany)
	_ = socket.Close()
}

// leave is called by a connection at its end.
func (s *Server) leave(c *connection) {
	s.mu.Lock()
	delete(s.open, c)
	s.mu.Unlock()
	s.metrics.open.Dec()
	s.all.Done()
}

// Shutdown stops listening and reading, and returns when every message that was read is answered and every connection
// closed, or with ctx's error.
func (s *Server) Shutdown(ctx context.Context) error {
	err := s.stop((*connection).stopReading)
	done := make(chan struct{})
	go func() {
		s.all.Wait()
		close(done)
	}()
	select {
	case <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Close ends every connection at once.
func (s *Server) Close() error { return s.stop((*connection).abort) }

func (s *Server) stop(each func(*connection)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.open {
		each(c)
	}
	if s.draining || s.listener == nil {
		s.draining = true
		return nil
	}
	s.draining = true
	return s.listener.Close()
}
