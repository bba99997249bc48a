package cassandra

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/gocql/gocql"

	"farthing/pkg/store"
)

// departure knows whether a request has begun to leave this process: before that nothing can have been done.
type departure struct{ left atomic.Bool }

type departureKey struct{}

// departing is a context under which the driver reports to the departure.
func departing(ctx context.Context) (context.Context, *departure) {
	d := new(departure)
	return context.WithValue(ctx, departureKey{}, d), d
}

// departures is the driver's stream observer. Statements are prepared under a context of the connection's own, so
// what passes here with a departure is the request itself.
type departures struct{}

// StreamContext finds the departure that the request travels under, if any.
func (departures) StreamContext(ctx context.Context) gocql.StreamObserverContext {
	if d, ok := ctx.Value(departureKey{}).(*departure); ok {
		return d
	}
	return nil
}

// StreamStarted is called just before the request is written.
func (d *departure) StreamStarted(gocql.ObservedStream) { d.left.Store(true) }

// StreamAbandoned changes nothing: what left may have arrived.
func (*departure) StreamAbandoned(gocql.ObservedStream) {}

// StreamFinished changes nothing.
func (*departure) StreamFinished(gocql.ObservedStream) {}

// kind is what a request does, as far as its failure is concerned.
type kind int

const (
	reading kind = iota + 1
	writing
	deciding // A conditional write.
)

// failure is what a request's error means for the caller. Only what proves that nothing was done is Unavailable; a
// write's every other failure is Unknown, also those that sound definite (a write failure may be stored by one replica,
// and a later paxos round may finish it).
func failure(err error, what kind, d *departure) error {
	code, answered := codeOf(err)
	switch {
	case answered && refusedAsWritten(code):
		return invalid(err)
	case what == reading, !d.left.Load(), answered && nothingDone(code, what):
		return store.Unavailable(err)
	default:
		return store.Unknown(err)
	}
}

// codeOf is the code of a server's answer, if there was an answer.
func codeOf(err error) (code int, answered bool) {
	refusal, ok := errors.AsType[gocql.RequestError](err)
	if !ok {
		return 0, false
	}
	return refusal.Code(), true
}

// refusedAsWritten tells whether the coordinator read the request and would never do it: an unknown table or column,
// too large a batch. It is a mistake of ours, or a keyspace that was not migrated.
func refusedAsWritten(code int) bool {
	switch code {
	case gocql.ErrCodeSyntax, gocql.ErrCodeInvalid, gocql.ErrCodeConfig, gocql.ErrCodeUnauthorized:
		return true
	}
	return false
}

// nothingDone tells whether the coordinator gave up before it asked a replica to write.
func nothingDone(code int, what kind) bool {
	switch code {
	case gocql.ErrCodeUnavailable, gocql.ErrCodeBootstrapping:
		return true
	case gocql.ErrCodeOverloaded:
		// Usually said before execution; but a plain write is also refused for too many hints in flight, when its
		// batch log or another replica has the write already.
		return what == deciding
	}
	return false
}

func invalid(cause error) error { return store.ErrInvalid.WithoutCause().Because(cause) }
