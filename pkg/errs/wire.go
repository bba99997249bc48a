package errs

import (
	"context"
	"errors"
	"net/http"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// domain marks our ErrorInfo, so that an Unavailable of grpc's own is never mistaken for ours.
const domain = "farthing"

type meaning struct {
	grpc      codes.Code
	http      int
	retryable bool // Blindly, that is with no more than the same request.
}

// meaningOf is the one table from a code's first word to the wires.
func meaningOf(class string) meaning {
	switch class {
	case BadRequest:
		return meaning{codes.InvalidArgument, http.StatusBadRequest, false}
	case Unauthorized:
		return meaning{codes.Unauthenticated, http.StatusUnauthorized, false}
	case Forbidden:
		return meaning{codes.PermissionDenied, http.StatusForbidden, false}
	case NotFound:
		return meaning{codes.NotFound, http.StatusNotFound, false}
	case Conflict:
		return meaning{codes.Aborted, http.StatusConflict, false}
	case PreconditionFailed:
		return meaning{codes.FailedPrecondition, http.StatusPreconditionFailed, false}
	case RateLimited:
		return meaning{codes.ResourceExhausted, http.StatusTooManyRequests, false}
	case Timeout:
		return meaning{codes.DeadlineExceeded, http.StatusGatewayTimeout, false}
	case Unavailable:
		return meaning{codes.Unavailable, http.StatusServiceUnavailable, true}
	default:
		return meaning{codes.Internal, http.StatusInternalServerError, false}
	}
}

// HTTPStatus is the status of the code's class.
func (e *Error) HTTPStatus() int { return meaningOf(e.Class()).http }

// Retryable tells whether the same request may be sent again without asking what became of the first.
func (e *Error) Retryable() bool { return meaningOf(e.Class()).retryable }

// GRPCStatus carries code, message and parameters across gRPC. The cause stays behind.
func (e *Error) GRPCStatus() *status.Status {
	plain := status.New(meaningOf(e.Class()).grpc, e.Message)
	detailed, err := plain.WithDetails(&errdetails.ErrorInfo{Domain: domain, Reason: e.Code, Metadata: e.Params})
	if err != nil {
		return plain // Only for codes.OK, which the table does not hold.
	}
	return detailed
}

// FromGRPC rebuilds the coded error that a peer sent. An Unavailable, Canceled or DeadlineExceeded that is not ours
// comes from the transport, after the send perhaps, so its outcome is unknown.
func FromGRPC(err error) error {
	if err == nil {
		return nil
	}
	if coded, ok := errors.AsType[*Error](err); ok { // In process the value itself arrives.
		return coded
	}
	received, ok := status.FromError(err)
	if !ok {
		return Of(err)
	}
	for _, detail := range received.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok && info.GetDomain() == domain {
			return &Error{Code: info.GetReason(), Message: received.Message(), Params: info.GetMetadata()}
		}
	}
	return fromTransport(received, err)
}

func fromTransport(received *status.Status, err error) error {
	switch received.Code() {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled:
		return New(OutcomeUnknown, "The outcome is not known; repeat with the same id").Because(err)
	case codes.ResourceExhausted: // grpc's own: a message over its size limit.
		return New(BadRequest+".too_large", "The message is too large").Because(err)
	default:
		return New(Internal, "Something went wrong").Because(err)
	}
}

func isContextEnd(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}
