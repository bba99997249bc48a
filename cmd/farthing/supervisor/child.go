package supervisor

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/foundation"
)

// child is one process that is kept running.
type child struct {
	spec    Spec
	options Options
	watch   clock.Stopwatch

	mu       sync.Mutex // Guards the rest.
	command  *exec.Cmd  // Nil while none runs.
	state    string
	ready    foundation.Ready
	started  time.Duration // On the watch.
	restarts int
	lastEnd  string
}

// What a process may be doing.
const (
	Starting = "starting"
	Running  = foundation.Running
	Waiting  = "waiting" // It ended, and is started again after a pause.
	Stopped  = "stopped"
)

// run starts the process, and is told by first what became of that; then it starts it again whenever it ends, until
// ctx does. It returns when the process is gone.
func (c *child) run(ctx context.Context, first chan<- error) {
	pause := restartAfter
	for lives := 0; ; lives++ {
		err := c.live(ctx, func() {
			if lives == 0 {
				first <- nil
			}
		})
		if lives == 0 && !c.wasReady() {
			first <- fmt.Errorf("starting %s: %w", c.spec.Name, err)
			return
		}
		if ctx.Err() != nil {
			c.set(Stopped)
			return
		}
		if c.age() > stableAfter {
			pause = restartAfter
		}
		c.say(err, pause)
		if clock.Wait(ctx, pause) != nil {
			c.set(Stopped)
			return
		}
		pause = min(2*pause, restartAfterMax)
	}
}

// How soon a process that ended is started again: soon at first, then later each time until it has run for a while.
const (
	restartAfter    = 100 * time.Millisecond
	restartAfterMax = 10 * time.Second
	stableAfter     = 30 * time.Second
)

// say tells once of an end, though the process may fail to come back many times.
func (c *child) say(err error, pause time.Duration) {
	c.mu.Lock()
	again := c.state == Waiting // It never became ready since it was last told of.
	c.state, c.lastEnd = Waiting, err.Error()
	c.restarts++
	c.mu.Unlock()
	if again {
		return
	}
	c.options.Log.Warn("a process ended and is started again",
		"process", c.spec.Name, "reason", err, "after", pause.String())
}

// live is one life of the process: it calls ready when its doors are open, and returns why it ended.
func (c *child) live(ctx context.Context, ready func()) error {
	said, err := c.start(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = said.Close() }()
	told := c.listen(said)
	ended := make(chan error, 1)
	go func() { ended <- c.command.Wait() }()
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.options.StartWithin)
	defer cancel()
	for {
		select {
		case r, ok := <-told:
			if ok && r.Error == "" {
				c.isReady(r)
				ready()
				cancel()
			} else if ok {
				err = errors.New(r.Error)
			}
			told = nil
		case <-late.Done():
			late = context.WithoutCancel(ctx) // Once.
			if !c.wasReady() {
				c.kill()
				err = fmt.Errorf("it was not ready after %v", c.options.StartWithin)
			}
		case end := <-ended:
			c.gone()
			return errors.Join(err, lastWord(told), reasonOf(end))
		}
	}
}

// lastWord is what a process that has ended said on its way out, if nobody heard it before: its end may be known first.
func lastWord(told <-chan foundation.Ready) error {
	if told == nil {
		return nil
	}
	if r := <-told; r.Error != "" { // Closed, if it said nothing: the other end of the pipe went with it.
		return errors.New(r.Error)
	}
	return nil
}

func reasonOf(end error) error {
	if end == nil {
		return errors.New("it ended by itself")
	}
	return end
}

// start starts the process, and answers what it says. A stop dismisses and then signals: holding mu from the look at
// ctx to the start's end leaves no moment between in which the process would hear of neither.
func (c *child) start(ctx context.Context) (*os.File, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	said, says, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = says.Close() }() // The process has it.
	//nolint:gosec,noctx // It is our own program, and a stop has it drain.
	command := exec.Command(c.spec.Command[0], c.spec.Command[1:]...)
	command.Env, command.ExtraFiles = c.spec.Env, c.spec.Files
	command.Stdout, command.Stderr = says, c.options.Errors
	// A Ctrl-C in the terminal is for the supervisor, which stops its processes in their order.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		return nil, errors.Join(err, said.Close())
	}
	c.command, c.ready, c.started = command, foundation.Ready{}, c.watch.Elapsed()
	if c.state != Waiting {
		c.state = Starting
	}
	return said, nil
}

// listen reads the one line that the process says of itself.
func (c *child) listen(said io.Reader) <-chan foundation.Ready {
	told := make(chan foundation.Ready, 1)
	go func() {
		defer close(told)
		line, err := bufio.NewReader(said).ReadBytes('\n')
		var r foundation.Ready
		if err == nil && json.Unmarshal(line, &r) == nil {
			told <- r
		}
	}()
	return told
}

func (c *child) isReady(r foundation.Ready) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ready, c.state = r, Running
}

func (c *child) wasReady() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ready.Services != nil
}

func (c *child) gone() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.command = nil
}

func (c *child) set(state string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state = state
}

func (c *child) age() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.watch.Elapsed() - c.started
}

// signal sends a signal to the process, if one runs.
func (c *child) signal(with os.Signal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.command != nil {
		_ = c.command.Process.Signal(with) // It may just have ended.
	}
}

func (c *child) kill() { c.signal(syscall.SIGKILL) }

// process is what there is to say about it now.
func (c *child) process() Process {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := Process{Operations: c.ready.Operations, Status: foundation.Status{
		Name: c.spec.Name, Service: c.spec.Service, State: c.state, Restarts: c.restarts, LastEnd: c.lastEnd,
		Admin: c.ready.Doors[string(foundation.Admin)],
	}}
	if c.command != nil {
		p.PID, p.UpSeconds = c.command.Process.Pid, int64((c.watch.Elapsed()-c.started)/time.Second)
	}
	return p
}
