// Package cardedge speaks to the bank as a card processor does: JSON over HTTP at the card edge.
package cardedge

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"net/http"
	"time"

	"farthing/cmd/farthing/web"
)

// Authorisation is what a processor asks. ProcessorID or Network, exactly one of the two, says which swipe it is: with
// the same one, a repeat answers what happened the first time.
type Authorisation struct {
	ProcessorID string   `json:"processor_id,omitempty"`
	Network     *Network `json:"network,omitempty"`
	CardID      string   `json:"card_id"`
	Amount      Amount   `json:"amount"`
	LocalAmount *Amount  `json:"local_amount,omitempty"`    // The merchant's, in another currency.
	Rate        string   `json:"conversion_rate,omitempty"` // What one unit of that currency is: "0.8512".
	Descriptor  string   `json:"descriptor"`
	MCC         string   `json:"mcc,omitempty"`
	Advice      bool     `json:"advice,omitempty"`         // Somebody stood in and has approved it.
	Partial     bool     `json:"accept_partial,omitempty"` // If there is less, that will do.
	EntryMode   string   `json:"entry_mode,omitempty"`     // "chip", "contactless", "magstripe" or "online".
	Country     string   `json:"country,omitempty"`        // ISO 3166-1 alpha-2.
	Cash        bool     `json:"cash,omitempty"`
	Cashback    *Amount  `json:"cashback,omitempty"` // Of the amount, the cash that the purchase gives beside.

	Verification *Verification `json:"verification,omitempty"`
}

// Verification is what was found of what was presented with the card.
type Verification struct {
	Expiry     string `json:"expiry,omitempty"`     // "2029-11".
	CVV        string `json:"cvv,omitempty"`        // "match", "no_match" or "not_checked".
	Cryptogram string `json:"cryptogram,omitempty"` // Likewise.
	Address    string `json:"address,omitempty"`    // Likewise.
	PIN        string `json:"pin,omitempty"`        // "verified", "wrong", "not_tried" or "tries_exceeded".
}

// Amount is money in minor units.
type Amount struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
}

// Network is how a card network names one message.
type Network struct {
	AcquirerID    string    `json:"acquirer_id"`
	STAN          string    `json:"stan"`
	RRN           string    `json:"rrn"`
	TerminalID    string    `json:"terminal_id"`
	TransmittedAt time.Time `json:"transmitted_at"`
}

// Answer is what the bank answers. Being declined is an answer.
type Answer struct {
	AuthorisationID string  `json:"authorisation_id"`
	Outcome         string  `json:"outcome"` // "approved" or "declined".
	DeclineReason   string  `json:"decline_reason"`
	TransactionID   string  `json:"transaction_id"`
	Balance         *Amount `json:"balance"`  // Nil for a card that is nobody's.
	Amount          *Amount `json:"amount"`   // What was approved; nil for a declined one.
	Cashback        *Amount `json:"cashback"` // Of that, the cash beside a purchase; nil for none.
	TraceID         string  `json:"trace_id"`
}

// NewNetwork names a message that nobody has sent yet.
func NewNetwork(at time.Time) Network {
	return Network{
		AcquirerID: "400001", STAN: digits(6), RRN: digits(12), TerminalID: "CLI00001", TransmittedAt: at,
	}
}

// digits is so many random ones.
func digits(n int64) string {
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(n), nil)
	drawn, _ := rand.Int(rand.Reader, limit) // It never fails: crypto/rand ends the process instead.
	return fmt.Sprintf("%0*d", n, drawn)
}

// Client is a processor's line to a bank.
type Client struct {
	Address string       // "http://127.0.0.1:8081".
	HTTP    *http.Client // http.DefaultClient if nil.
}

// Authorise asks for an authorisation. It fails with the bank's own coded error if the bank refuses to decide.
func (c Client) Authorise(ctx context.Context, asked Authorisation) (Answer, error) {
	var answer Answer
	err := c.do(ctx, http.MethodPost, "/authorisations", asked, &answer)
	return answer, err
}

// do asks for something, with a body unless it is nil.
func (c Client) do(ctx context.Context, method, path string, asked, into any) error {
	if err := web.Send(ctx, c.HTTP, method, c.Address+path, asked, into); err != nil {
		return fmt.Errorf("asking the card edge: %w", err)
	}
	return nil
}
