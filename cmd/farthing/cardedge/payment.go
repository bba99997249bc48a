package cardedge

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// FollowUp is what a processor says of a payment after its authorisation. A message is named as an authorisation is.
type FollowUp struct {
	ProcessorID string    `json:"processor_id,omitempty"`
	Network     *Network  `json:"network,omitempty"`
	CardID      string    `json:"card_id"`
	Original    *Original `json:"original,omitempty"` // Nil for a collection or refund without an authorisation.
	Amount      *Amount   `json:"amount,omitempty"`   // Nil for all that is held.
	LocalAmount *Amount   `json:"local_amount,omitempty"`
	Rate        string    `json:"conversion_rate,omitempty"`
	Descriptor  string    `json:"descriptor,omitempty"`
	MCC         string    `json:"mcc,omitempty"`
	MoreFollows bool      `json:"more_follows,omitempty"`

	// Of a refund: its authorisation; of the reversal of one also the refund.
	Refund              *Named `json:"refund,omitempty"`
	RefundAuthorisation *Named `json:"refund_authorisation,omitempty"`
}

// Named names a message by the ids that it was sent under: the processor's or the network's.
type Named struct {
	ProcessorID string   `json:"processor_id,omitempty"`
	Network     *Network `json:"network,omitempty"`
}

// Original names the authorisation, in one of three ways.
type Original struct {
	AuthorisationID string   `json:"authorisation_id,omitempty"`
	ProcessorID     string   `json:"processor_id,omitempty"`
	Network         *Network `json:"network,omitempty"` // The ids that it was asked under.
}

// Followed is what a follow-up came to.
type Followed struct {
	Outcome       string  `json:"outcome"` // "done" or "declined".
	DeclineReason string  `json:"decline_reason"`
	Payment       Payment `json:"payment"`
	Event         Event   `json:"event"`
	Balance       *Amount `json:"balance"` // Nil if it is not known.
	TraceID       string  `json:"trace_id"`
}

// Payment is a card payment's running state, in minor units of its currency.
type Payment struct {
	AuthorisationID string `json:"authorisation_id"`
	TransactionID   string `json:"transaction_id"`
	AccountID       string `json:"account_id"`
	CardID          string `json:"card_id"`
	Status          string `json:"status"`
	Currency        string `json:"currency"`
	Authorised      int64  `json:"authorised"`
	Held            int64  `json:"held"`
	Reversed        int64  `json:"reversed"`
	Expired         int64  `json:"expired"`
	Cleared         int64  `json:"cleared"`
	Refunded        int64  `json:"refunded"`
	Cashback        int64  `json:"cashback"`
	Promised        int64  `json:"promised"` // Of refunds, what was authorised and not sent yet.
	Descriptor      string `json:"descriptor"`
	MCC             string `json:"mcc"`
	Conversion
	Events []Event `json:"events,omitempty"`
}

// Conversion is the merchant's amount, and how it was converted; nil and empty at home.
type Conversion struct {
	LocalAmount *Amount `json:"local_amount,omitempty"`
	Rate        string  `json:"conversion_rate,omitempty"`
	RateDerived bool    `json:"rate_derived,omitempty"` // Nobody said the rate: it is the one amount by the other.
}

// Event is one thing that happened to a payment.
type Event struct {
	Number        int64     `json:"number"`
	Kind          string    `json:"kind"`
	At            time.Time `json:"at"`
	Amount        int64     `json:"amount"`
	Extended      int64     `json:"extended"`
	Captured      int64     `json:"captured"`
	Released      int64     `json:"released"`
	Posted        int64     `json:"posted"`                   // For a refund; below zero takes one back.
	TransactionID string    `json:"transaction_id,omitempty"` // Of the one that it began: a refund has one of its own.
	DeclineReason string    `json:"decline_reason,omitempty"`
	MoreFollows   bool      `json:"more_follows"`
	Conversion
}

// Follow sends a follow-up to one of the routes: "reversals", "increments", "advices", "clearings", "refunds",
// "refund-authorisations" or "refund-reversals". It fails with the bank's own coded error; being declined is an answer.
func (c Client) Follow(ctx context.Context, route string, asked FollowUp) (Followed, error) {
	var answer Followed
	err := c.do(ctx, http.MethodPost, "/"+route, asked, &answer)
	return answer, err
}

// Payment is a card payment with its events, by the id of its authorisation on a card, or by that of its transaction
// and no card.
func (c Client) Payment(ctx context.Context, id, cardID string) (Payment, error) {
	path := "/payments/" + url.PathEscape(id)
	if cardID != "" {
		path += "?card_id=" + url.QueryEscape(cardID)
	}
	var found Payment
	err := c.do(ctx, http.MethodGet, path, nil, &found)
	return found, err
}
