package jetstream

import (
	"context"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
)

// end gives back what no handler has begun, waits for those under way, and sees their words off.
func (r *run) end(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	for _, m := range r.stop(ctx) {
		if r.pull.judge(m) == anEvent {
			r.admit(m)
		}
	}
	for _, d := range slices.Concat(r.ready, r.held) {
		_ = d.giveBack() // If it cannot, the server delivers again later.
		delete(r.here, d.sequence)
	}
	r.ready, r.held = nil, nil
	beating, cancel := context.WithCancel(ctx)
	beats := make(chan struct{})
	r.handlers.Go(func() { tick(beating, r.bus.ackWait/beatsPerWait, beats) })
	for r.busy > 0 {
		select {
		case d := <-r.done:
			r.finish(d)
		case <-beats:
			r.beat()
		}
	}
	cancel()
	r.handlers.Wait()
	r.flush(ctx)
}

// stop ends the pulling and answers what came meanwhile.
func (r *run) stop(ctx context.Context) []*nats.Msg {
	ctx, cancel := context.WithTimeout(ctx, flushTimeout)
	defer cancel()
	return r.pull.stop(ctx)
}

// flushTimeout bounds the last round trips of a Run.
const flushTimeout = 2 * time.Second

// flush waits until the server has what was said.
func (r *run) flush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, flushTimeout)
	defer cancel()
	_ = r.bus.conn.FlushWithContext(ctx) // What it has not, it delivers again.
}
