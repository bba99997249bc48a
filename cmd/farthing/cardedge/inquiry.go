package cardedge

import (
	"context"
	"net/http"
)

// Inquiry is what a cash machine asks of a card's account. Its fields are an Authorisation's.
type Inquiry struct {
	ProcessorID  string        `json:"processor_id,omitempty"`
	Network      *Network      `json:"network,omitempty"`
	CardID       string        `json:"card_id"`
	Verification *Verification `json:"verification,omitempty"`
}

// Inquired is what the bank answers. Being declined is an answer.
type Inquired struct {
	Outcome       string  `json:"outcome"` // "approved" or "declined".
	DeclineReason string  `json:"decline_reason"`
	Available     *Amount `json:"available"` // Nil of a declined one.
	Posted        *Amount `json:"posted"`
	TraceID       string  `json:"trace_id"`
}

// Inquire asks what a card's account has.
func (c Client) Inquire(ctx context.Context, asked Inquiry) (Inquired, error) {
	var answer Inquired
	err := c.do(ctx, http.MethodPost, "/balance-inquiries", asked, &answer)
	return answer, err
}
