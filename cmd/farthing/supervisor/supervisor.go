// Package supervisor keeps the processes of a bank running: it starts them all, starts again what ends, and stops them
// in order. They do not outlive it.
package supervisor

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/foundation"
)

// Spec is a process to keep running. It says on its standard output when it is ready (foundation.Ready).
type Spec struct {
	Name    string // "service.balance", or "service.balance-2" for a second replica.
	Service string
	Command []string
	Env     []string
	Files   []*os.File // Become its files 3, 4 and so on. They are the caller's to close, after Stop.
	First   bool       // It is stopped before those that are not: it is asked from outside, and asks the others.
}

// Options are the same for all processes.
type Options struct {
	Log         *slog.Logger
	Errors      io.Writer     // What they write to their standard error.
	StartWithin time.Duration // How long one may take until it is ready.
	StopWithin  time.Duration // How long one may drain, before it is killed.
}

// Process is what there is to say about a process.
type Process struct {
	foundation.Status
	Operations []string `json:"-"` // The routes of its admin door that no other has.
}

// Supervisor keeps processes running.
type Supervisor struct {
	options  Options
	children []*child
	dismiss  []context.CancelFunc // One for each child: it is not started again.
	running  []sync.WaitGroup
}

// Start starts all processes and returns when all are ready. If one is not, or ctx ends first, all are killed and the
// error says why.
func Start(ctx context.Context, specs []Spec, o Options) (*Supervisor, error) {
	s := &Supervisor{options: o, running: make([]sync.WaitGroup, len(specs))}
	first := make(chan error, len(specs))
	for i, spec := range specs {
		c := &child{spec: spec, options: o, watch: clock.Start(), state: Starting}
		living, dismiss := context.WithCancel(context.WithoutCancel(ctx))
		s.children, s.dismiss = append(s.children, c), append(s.dismiss, dismiss)
		s.running[i].Go(func() { c.run(living, first) })
	}
	for range specs {
		var err error
		select {
		case err = <-first:
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
		if err != nil {
			s.kill()
			return nil, err
		}
	}
	return s, nil
}

// Processes is all of them, in the order in which they were given.
func (s *Supervisor) Processes() []Process {
	all := make([]Process, len(s.children))
	for i, c := range s.children {
		all[i] = c.process()
	}
	return all
}

// Stop stops all processes, those that are asked from outside first, and returns when they are gone. What does not
// drain in time is killed, and named.
func (s *Supervisor) Stop(ctx context.Context) error {
	return errors.Join(s.stop(ctx, true), s.stop(ctx, false))
}

func (s *Supervisor) stop(ctx context.Context, first bool) error {
	var all sync.WaitGroup
	problems := make([]error, len(s.children))
	for i, c := range s.children {
		if c.spec.First != first {
			continue
		}
		s.dismiss[i]()
		all.Go(func() { problems[i] = s.end(ctx, i, c) })
	}
	all.Wait()
	return errors.Join(slices.DeleteFunc(problems, func(err error) bool { return err == nil })...)
}

// end has a process drain, and kills it when that takes too long.
func (s *Supervisor) end(ctx context.Context, i int, c *child) error {
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		s.running[i].Wait()
	}()
	c.signal(syscall.SIGTERM)
	ctx, cancel := context.WithTimeout(ctx, s.options.StopWithin)
	defer cancel()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
		c.kill()
		<-gone
		return errors.New(c.spec.Name + " did not stop in time and was killed")
	}
}

func (s *Supervisor) kill() {
	for i, c := range s.children {
		s.dismiss[i]()
		c.kill()
	}
	for i := range s.running {
		s.running[i].Wait()
	}
}
