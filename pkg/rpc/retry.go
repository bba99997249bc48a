package rpc

import (
	"context"
	"math/rand/v2"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
)

const (
	maxAttempts = 3
	firstPause  = 10 * time.Millisecond // Doubled each time, and jittered so that callers do not come back as one.
)

// attempts sends a call until it succeeds, cannot be repeated, or has been tried often enough. It is repeated only if
// the error says that nothing was done, the method's proto that a repeat is safe, and the deadline that there is time.
func (c *conn) attempts(m *method, ctx context.Context, once func(context.Context) error) error {
	pause := firstPause
	for attempt := 1; ; attempt++ {
		err := c.breaker.guard(ctx, c.callee, once)
		if err == nil || attempt == maxAttempts || !m.repeatable || !errs.Of(err).Retryable() {
			return err
		}
		jittered := pause/2 + rand.N(pause) //nolint:gosec // Jitter, not a secret.
		if !timeFor(ctx, jittered) || clock.Wait(ctx, jittered) != nil {
			return err
		}
		pause *= 2
	}
}

// timeFor tells whether the peer would still begin after a pause.
func timeFor(ctx context.Context, pause time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return !ok || deadline.Sub(clock.Real{}.Now()) > pause+ReplyTime+LeastTime
}
