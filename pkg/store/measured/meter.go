package measured

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"farthing/pkg/clock"
	"farthing/pkg/store"
)

// operation is a kind of call of store.Engine.
type operation int

const (
	get operation = iota
	statics
	ranges
	write
	apply
	walk // Of rows or of partitions.
)

// operations are the values of the label, in the order of the constants.
var operations = [...]string{"get", "statics", "range", "write", "apply", "walk"}

// outcome is how a call ended.
type outcome int

const (
	ok          outcome = iota
	refused             // A conditional batch that was not applied: an answer, not an error.
	unavailable         // Nothing was done.
	unknown             // It may have been done, or it failed in a way that no store should.
	invalid             // Refused before anything was sent.
)

// outcomes are the values of the label, in the order of the constants.
var outcomes = [...]string{"ok", "refused", "unavailable", "unknown", "invalid"}

// outcomeOf sorts what an engine answered.
func outcomeOf(err error) outcome {
	switch {
	case err == nil:
		return ok
	case errors.Is(err, store.ErrUnavailable):
		return unavailable
	case errors.Is(err, store.ErrInvalid), errors.Is(err, store.ErrTooLarge):
		return invalid
	default:
		return unknown
	}
}

// meter is one operation on one keyspace with its labels resolved, so that measuring costs no look-up.
type meter struct {
	requests [len(outcomes)]prometheus.Counter // By outcome; nil for one that the operation cannot have.
	duration prometheus.Observer
}

func (m *meter) note(watch clock.Stopwatch, o outcome) {
	m.duration.Observe(watch.Elapsed().Seconds())
	m.requests[o].Inc()
}
