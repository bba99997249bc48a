package edge

import (
	"bytes"
	"net/http"

	"farthing/pkg/errs"
)

// fault is the body of every error, as public clients know it.
type fault struct {
	Code             string            `json:"code"`
	Message          string            `json:"message"`
	Params           map[string]string `json:"params"`
	Retryable        retryable         `json:"retryable"`
	Error            string            `json:"error,omitempty"`
	ErrorDescription string            `json:"error_description,omitempty"`
}

// retryable is {} or {"value":true}.
type retryable struct {
	Value bool `json:"value,omitempty"`
}

// internalService is what an internal error is called in public.
const internalService = "internal_service"

// RetryAfterParam is the parameter of a rate_limited or unavailable error that becomes the header Retry-After: whole
// seconds.
const RetryAfterParam = "retry_after_seconds"

func encodeError(err error, traceID, oauth string) *bytes.Buffer {
	out := faultOf(errs.Of(err), traceID)
	if oauth != "" {
		out.Error, out.ErrorDescription = oauth, out.Message
	}
	buffer, encodeErr := encode(out)
	if encodeErr != nil { // It holds strings only: it cannot fail.
		return bytes.NewBufferString(`{"code":"internal_service","message":"Something went wrong"}`)
	}
	return buffer
}

// faultOf is what the outside may know of an error. Of an internal one that is only where to look it up.
func faultOf(coded *errs.Error, traceID string) fault {
	out := fault{Code: coded.Code, Message: coded.Message, Params: coded.Params}
	out.Retryable.Value = coded.Retryable()
	switch coded.Class() {
	case errs.Unauthorized:
		out.Error, out.ErrorDescription = "invalid_token", coded.Message
	case errs.BadRequest, errs.Forbidden, errs.NotFound, errs.Conflict, errs.PreconditionFailed,
		errs.RateLimited, errs.Timeout, errs.Unavailable:
	default:
		out = fault{Code: internalService, Message: "Something went wrong", Params: shown(traceID)}
	}
	if out.Params == nil {
		out.Params = map[string]string{}
	}
	return out
}

func shown(traceID string) map[string]string {
	if traceID == "" {
		return nil
	}
	return map[string]string{"trace_id": traceID}
}

// explain sets the headers that HTTP wants beside some errors.
func explain(header http.Header, coded *errs.Error, oauth string) {
	switch coded.Class() {
	case errs.Unauthorized:
		if oauth != "" { // It is a client that did not show who it is, and no bearer.
			header.Set("WWW-Authenticate", `Basic realm="farthing"`)
			return
		}
		header.Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	case errs.RateLimited, errs.Unavailable:
		if seconds := coded.Params[RetryAfterParam]; seconds != "" {
			header.Set("Retry-After", seconds)
		}
	default:
	}
}
