package idempotency

import (
	"encoding/json"
	"fmt"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
)

// answer is a response as it is kept: a body, or what was refused and why.
type answer struct {
	Body    []byte            `json:"body,omitempty"` // As it was sent.
	Code    string            `json:"code,omitempty"`
	Message string            `json:"message,omitempty"`
	Params  map[string]string `json:"params,omitempty"`
	OAuth   string            `json:"oauth,omitempty"` // What RFC 6749 calls it.
}

func encode(rsp edge.Response) ([]byte, error) {
	var kept answer
	if rsp.Err != nil {
		coded := errs.Of(rsp.Err)
		kept = answer{Code: coded.Code, Message: coded.Message, Params: coded.Params, OAuth: rsp.OAuth()}
	} else {
		body, err := rsp.JSON()
		if err != nil {
			return nil, fmt.Errorf("encoding the answer: %w", err)
		}
		kept.Body = body
	}
	plain, err := json.Marshal(kept)
	if err != nil {
		return nil, fmt.Errorf("encoding the answer to be kept: %w", err)
	}
	return plain, nil
}

func decode(plain []byte) (edge.Response, error) {
	var kept answer
	if json.Unmarshal(plain, &kept) != nil { // Its words might quote what it reads.
		return edge.Response{}, errs.New(errs.Internal, "a kept answer is not what was stored")
	}
	if kept.Code != "" {
		refused := edge.Error(&errs.Error{Code: kept.Code, Message: kept.Message, Params: kept.Params})
		return refused.AsOAuth(kept.OAuth), nil
	}
	return edge.OK(json.RawMessage(kept.Body)), nil
}
