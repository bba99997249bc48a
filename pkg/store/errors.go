package store

import (
	"fmt"

	"farthing/pkg/errs"
)

// What a store can answer besides success. Compare with errors.Is: the errors returned carry causes of their own.
var (
	// ErrUnavailable says that nothing was done. It is the only one that may be retried blindly.
	ErrUnavailable = errs.New(errs.Unavailable+".store", "The store is not available")
	// ErrUnknown says that the write may have happened, or may still happen. Resolve it or fence it; never guess.
	ErrUnknown = errs.New(errs.OutcomeUnknown, "The outcome is not known; repeat with the same id")
	// ErrTooLarge refuses a batch over its limits, before it is sent.
	ErrTooLarge = errs.New(errs.Internal+".store_too_large", "Something went wrong")
	// ErrInvalid refuses what no table could hold: a wrong type, a time finer than a millisecond, a missing condition.
	ErrInvalid = errs.New(errs.Internal+".store_invalid", "Something went wrong")
)

// Unavailable is ErrUnavailable with its cause. It is for engines.
func Unavailable(cause error) error { return ErrUnavailable.WithoutCause().Because(cause) }

// Unknown is ErrUnknown with its cause. It is for engines.
func Unknown(cause error) error { return ErrUnknown.WithoutCause().Because(cause) }

func tooLarge(format string, args ...any) error {
	return ErrTooLarge.WithoutCause().Because(fmt.Errorf(format, args...))
}

func invalid(format string, args ...any) error {
	return ErrInvalid.WithoutCause().Because(fmt.Errorf(format, args...))
}
