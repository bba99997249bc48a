package world

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"farthing/pkg/foundation"
)

// Payment is what a card processor says of a swipe.
type Payment struct {
	ID         string // The processor's: a repeat has the same.
	CardID     string
	CardNumber string // Or this.
	Minor      int64  // Pence.
	Descriptor string
	MCC        string
}

// Outcome is the bank's answer to a swipe.
type Outcome struct {
	Outcome         string // "approved" or "declined".
	DeclineReason   string `json:"decline_reason"`
	AuthorisationID string `json:"authorisation_id"`
	TransactionID   string `json:"transaction_id"`
	StoodIn         bool   `json:"stood_in"`
	Balance         *struct{ Minor int64 }
	TraceID         string `json:"trace_id"`
}

// Approved tells whether the money was given.
func (o Outcome) Approved() bool { return o.Outcome == "approved" }

// Same tells whether two answers say the same: all but which call it was.
func (o Outcome) Same(other Outcome) bool {
	o.TraceID, other.TraceID = "", ""
	balances := [2]int64{-1, -1}
	for i, each := range []*Outcome{&o, &other} {
		if each.Balance != nil {
			balances[i] = each.Balance.Minor
		}
		each.Balance = nil
	}
	return o == other && balances[0] == balances[1]
}

// String is the answer in a line.
func (o Outcome) String() string {
	text := o.Outcome + " " + o.DeclineReason + " " + o.TransactionID
	if o.Balance != nil {
		text += fmt.Sprintf(", leaves %d", o.Balance.Minor)
	}
	return text
}

// Body is the payment as JSON.
func (p Payment) Body() []byte {
	body := map[string]any{
		"processor_id": p.ID, "descriptor": p.Descriptor, "amount": map[string]any{"minor": p.Minor, "currency": "GBP"},
	}
	for name, value := range map[string]string{"card_id": p.CardID, "card_number": p.CardNumber, "mcc": p.MCC} {
		if value != "" {
			body[name] = value
		}
	}
	encoded, _ := json.Marshal(body) // Of strings and numbers.
	return encoded
}

// Send swipes once, and answers how the bank did, whatever that was.
func (w *World) Send(ctx context.Context, p Payment) (Answer, error) {
	return w.Ask(ctx, foundation.CardEdge, http.MethodPost, "/authorisations", p.Body(),
		"Content-Type", "application/json")
}

// Swipe swipes a customer's card for so many pence. There must be an answer: approved or declined.
func (w *World) Swipe(t testing.TB, c *Customer, id string, minor int64, descriptor string) Outcome {
	t.Helper()
	return w.Pay(t, Payment{ID: id, CardID: c.CardID, Minor: minor, Descriptor: descriptor})
}

// Pay is Swipe for any payment.
func (w *World) Pay(t testing.TB, p Payment) Outcome {
	t.Helper()
	answer, err := w.Send(t.Context(), p)
	must(t, "swiping", err)
	if answer.Status != http.StatusOK {
		t.Fatalf("a swipe was answered %d: %s", answer.Status, answer.Body)
	}
	var outcome Outcome
	must(t, "reading the answer to a swipe", json.Unmarshal(answer.Body, &outcome))
	return outcome
}
