package rpc

import (
	"context"
	"errors"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"

	"farthing/pkg/errs"
)

// When the breaker of a peer opens, and for how long.
const (
	breakShare  = .5 // Of the calls of the last breakWindow, …
	breakCalls  = 20 // … if there were as many.
	breakWindow = 10 * time.Second
	breakRest   = time.Second
)

// breaker gives a peer that fails a rest, so that its callers fail at once instead of waiting out their deadlines. One
// call a rest tries whether it is back.
type breaker struct {
	circuit circuitbreaker.CircuitBreaker[any]
}

func newBreaker() *breaker {
	return &breaker{circuitbreaker.NewBuilder[any]().
		WithFailureRateThreshold(breakShare, breakCalls, breakWindow).
		WithSuccessThreshold(1).
		WithDelay(breakRest).
		Build()}
}

// guard makes one attempt, if the circuit lets it, and answers a coded error.
func (b *breaker) guard(ctx context.Context, callee string, once func(context.Context) error) error {
	if ctx.Err() != nil {
		return errs.New(TooLate, "No time was left to begin").Because(context.Cause(ctx))
	}
	if !b.circuit.TryAcquirePermit() {
		return errs.Newf(CircuitOpen, "%s has failed too often of late", callee).With("service", callee)
	}
	err := errs.FromGRPC(once(ctx))
	switch {
	case !isPeersFault(err):
		b.circuit.RecordSuccess()
	case !errors.Is(ctx.Err(), context.Canceled) || b.circuit.IsHalfOpen():
		// A caller that gave up says nothing about its peer, but the one that tries must say something.
		b.circuit.RecordFailure()
	}
	return err
}

// isPeersFault tells a peer that does not work from one that answers no, or was given no time.
func isPeersFault(err error) bool {
	return err != nil && (errs.Is(err, errs.Timeout) || errs.Is(err, errs.Unavailable)) && !errs.Is(err, TooLate)
}
