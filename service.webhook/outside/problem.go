package outside

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
)

// Problem is what went wrong with a call, in a word of ours: an error's own text may name the URL. It is stored, shown,
// and a metric's label.
type Problem string

// The problems.
const (
	None        Problem = ""
	BadURL      Problem = "bad_url"     // It may not be called, by its text.
	BadAddress  Problem = "bad_address" // It may not be called, by what its host resolves to.
	Unresolved  Problem = "unresolved"  // Its host resolves to nothing.
	Unreachable Problem = "unreachable" // Nobody takes the connection.
	BadTLS      Problem = "tls"         // Whoever takes it is not who they should be.
	TimedOut    Problem = "timeout"
	Broken      Problem = "broken" // The connection ended, or what came over it was no HTTP, or too much of it.
	Redirected  Problem = "redirect"
	Refused     Problem = "status" // It was answered 4xx or 5xx, or 1xx.
)

var (
	errBadAddress  = errors.New("an address that must not be called")
	errUnresolved  = errors.New("the host has no address")
	errUnreachable = errors.New("nobody takes the connection")
)

func problemOf(err error) Problem {
	timeout, isNet := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, errBadAddress):
		return BadAddress
	case errors.Is(err, context.DeadlineExceeded), isNet && timeout.Timeout():
		return TimedOut
	case errors.Is(err, errUnresolved):
		return Unresolved
	case errors.Is(err, errUnreachable):
		return Unreachable
	case isTLS(err):
		return BadTLS
	}
	return Broken
}

func isTLS(err error) bool {
	_, unverified := errors.AsType[*tls.CertificateVerificationError](err)
	_, noTLS := errors.AsType[tls.RecordHeaderError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, other := errors.AsType[x509.HostnameError](err)
	return unverified || noTLS || alert || unknown || other
}
