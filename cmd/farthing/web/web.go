// Package web makes requests to those of the bank's doors that only the bank's own programs use: the card edge and the
// operator's. They answer JSON, errors included. The public API has a client of its own, farthing/client.
package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"farthing/pkg/errs"
)

// answerBytesMax is more than any door answers.
const answerBytesMax = 8 << 20

// do makes a request and decodes the answer.
func do(client *http.Client, req *http.Request, into any) error {
	if client == nil {
		client = http.DefaultClient
	}
	rsp, err := client.Do(req)
	if err != nil {
		return unwrapped(err)
	}
	defer rsp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(rsp.Body, answerBytesMax))
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if rsp.StatusCode != http.StatusOK {
		return failure(rsp.StatusCode, body)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("decoding the answer: %w", err)
	}
	return nil
}

// Send makes a request with a body and decodes the answer. A body is sent as JSON, bytes as they are; nil is none. An
// error that the bank answers is a coded one again. A nil client is http.DefaultClient.
func Send(ctx context.Context, client *http.Client, method, address string, body, into any) error {
	var sent bytes.Buffer
	contentType := ""
	switch body := body.(type) {
	case nil:
	case []byte:
		sent.Write(body)
	default:
		contentType = "application/json"
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			return fmt.Errorf("encoding the request: %w", err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, address, &sent)
	if err != nil {
		return err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	return do(client, req, into)
}

// failure is the coded error in a body.
func failure(status int, body []byte) error {
	var sent struct {
		Code    string            `json:"code"`
		Message string            `json:"message"`
		Params  map[string]string `json:"params"`
	}
	if err := json.Unmarshal(body, &sent); err != nil || sent.Code == "" {
		return fmt.Errorf("the bank answered %d, and nothing that can be understood", status)
	}
	coded := errs.New(sent.Code, sent.Message)
	coded.Params = sent.Params
	return coded
}

// unwrapped is a client's error without the address, which may hold what is not for the screen.
func unwrapped(err error) error {
	if inner, ok := errors.AsType[*url.Error](err); ok {
		return inner.Err
	}
	return err
}
