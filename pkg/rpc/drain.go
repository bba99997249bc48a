package rpc

import (
	"context"
	"fmt"
	"sync"
)

// drain counts the requests under way, so that a stop can wait for them.
type drain struct {
	mu       sync.Mutex // Guards the rest.
	under    int        // Requests under way.
	stopping chan struct{}
}

// enter counts a request, or refuses it once the stop has begun.
func (d *drain) enter() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopping != nil {
		return false
	}
	d.under++
	return true
}

func (d *drain) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.under--
	if d.under == 0 && d.stopping != nil {
		close(d.stopping)
	}
}

// stop refuses what comes from now on and waits for what is under way.
func (d *drain) stop(ctx context.Context) error {
	select {
	case <-d.stopped():
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for the requests under way: %w", context.Cause(ctx))
	}
}

func (d *drain) stopped() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopping == nil {
		d.stopping = make(chan struct{})
		if d.under == 0 {
			close(d.stopping)
		}
	}
	return d.stopping
}
