// Package errs is the one vocabulary of failure: a dotted code, a message safe for a customer, and parameters.
// One table maps the code's first word to gRPC, to HTTP and to whether a repeat makes sense.
package errs

import (
	"errors"
	"fmt"
	"strings"
)

// The first words of a code. After them come dotted subcodes, as in "bad_request.missing_param.account_id".
const (
	BadRequest         = "bad_request"         // The request can never succeed as sent.
	Unauthorized       = "unauthorized"        // Who are you?
	Forbidden          = "forbidden"           // Not yours.
	NotFound           = "not_found"           // There is no such thing, or not for you.
	Conflict           = "conflict"            // Lost a compare-and-set: read again, then repeat.
	PreconditionFailed = "precondition_failed" // The state forbids it.
	RateLimited        = "rate_limited"        // Later.
	Timeout            = "timeout"             // The outcome is unknown: repeat with the same id.
	Unavailable        = "unavailable"         // Nothing was done.
	Internal           = "internal"            // Ours; its text is hidden at the edge.
)

// OutcomeUnknown is the code of an act that may or may not have happened. Only the same id or key may be repeated.
const OutcomeUnknown = Timeout + ".outcome_unknown"

// Error is a coded failure. Message and Params may be shown to a customer, so neither ever holds a PAN, a token
// or a name. The cause is for our own logs and never crosses a wire.
type Error struct {
	Code    string
	Message string
	Params  map[string]string
	cause   error
}

// New is a coded error.
func New(code, message string) *Error { return &Error{Code: code, Message: message} }

// Newf is New with a formatted message.
func Newf(code, format string, args ...any) *Error { return New(code, fmt.Sprintf(format, args...)) }

// MissingParam says that a required field was not sent.
func MissingParam(field string) *Error {
	return New(BadRequest+".missing_param."+field, fmt.Sprintf("The field '%s' is required", field)).
		With("field", field)
}

// BadParam names the field and the rule which its value breaks: BadParam("amount", "must be more than zero").
func BadParam(field, rule string) *Error {
	return New(BadRequest+".bad_param."+field, fmt.Sprintf("The field '%s' %s", field, rule)).
		With("field", field).With("rule", rule)
}

// Missing is not_found for a kind of thing: Missing("account").
func Missing(kind string) *Error { return New(NotFound+"."+kind, kind+" not found") }

// With adds a parameter, safe for a customer, and returns the same error.
func (e *Error) With(key, value string) *Error {
	if e.Params == nil {
		e.Params = make(map[string]string, 2)
	}
	e.Params[key] = value
	return e
}

// Because keeps the cause for our own logs. It never reaches a peer or a customer.
func (e *Error) Because(cause error) *Error {
	e.cause = cause
	return e
}

// Error is the code and the message, and the cause if there is one: for logs only.
func (e *Error) Error() string {
	if e.cause != nil {
		return e.Code + ": " + e.Message + ": " + e.cause.Error()
	}
	return e.Code + ": " + e.Message
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.cause }

// Is makes two coded errors equal when their codes are, so that errors.Is works with sentinel values.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}

// WithoutCause is a copy that holds no more than the wire may carry.
func (e *Error) WithoutCause() *Error {
	return &Error{Code: e.Code, Message: e.Message, Params: e.Params}
}

// Class is the first word of the code.
func (e *Error) Class() string {
	class, _, _ := strings.Cut(e.Code, ".")
	return class
}

// Of finds the coded error in err's chain. An ended context is an unknown outcome; anything else uncoded is
// internal. Of(nil) is nil.
func Of(err error) *Error {
	switch coded, ok := errors.AsType[*Error](err); {
	case err == nil:
		return nil
	case ok:
		return coded
	case isContextEnd(err):
		return New(OutcomeUnknown, "The outcome is not known; repeat with the same id").Because(err)
	default:
		return New(Internal, "Something went wrong").Because(err)
	}
}

// Is tells whether err carries the code or one below it, on dot boundaries: Is(err, "not_found") is true of
// "not_found.card" and false of "not_foundation".
func Is(err error, code string) bool {
	coded, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	rest, found := strings.CutPrefix(coded.Code, code)
	return found && (rest == "" || rest[0] == '.')
}
