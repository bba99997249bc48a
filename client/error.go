package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Error is an answer that is no 200.
type Error struct {
	Status     int               // The HTTP status.
	Code       string            // Dotted, to be compared by its beginning: see IsCode. Empty if no bank has answered.
	Message    string            // The same for people.
	Params     map[string]string // Such as the "field" and the "rule" that it breaks.
	Retryable  bool              // Whether the same request may be sent again as it is.
	RetryAfter time.Duration     // How long to wait before; 0 if that was not said.
	TraceID    string            // Names the request in the bank's own records.
}

// Error is the code and the message.
func (e *Error) Error() string {
	if e.Code == "" {
		return fmt.Sprintf("the bank answered %d, and nothing that can be understood", e.Status)
	}
	return e.Code + ": " + e.Message
}

// IsCode tells whether err is an *Error with a code or one below it: "not_found" is true of "not_found.pot", and false
// of "not_foundation".
func IsCode(err error, code string) bool {
	answered, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	rest, found := strings.CutPrefix(answered.Code, code)
	return found && (rest == "" || rest[0] == '.')
}

// failure is the error that an answer is.
func failure(rsp *http.Response, body []byte) error {
	failed := &Error{Status: rsp.StatusCode, TraceID: rsp.Header.Get("Trace-Id")}
	if seconds, err := strconv.ParseInt(rsp.Header.Get("Retry-After"), 10, 32); err == nil {
		failed.RetryAfter = time.Duration(seconds) * time.Second
	}
	var sent struct {
		Code      string            `json:"code"`
		Message   string            `json:"message"`
		Params    map[string]string `json:"params"`
		Retryable struct {
			Value bool `json:"value"`
		} `json:"retryable"`
	}
	if err := json.Unmarshal(body, &sent); err == nil {
		failed.Code, failed.Message, failed.Params = sent.Code, sent.Message, sent.Params
		failed.Retryable = sent.Retryable.Value
	}
	return failed
}
