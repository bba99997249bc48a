package cardprocessingproto

import (
	"strings"
	"time"

	moneyproto "farthing/pkg/money/proto"
)

// UnmatchedPath is where the admin door lists what is unmatched, and, followed by an id, shows and resolves it.
const UnmatchedPath = "/unmatched"

// ResolutionPath follows the id.
const ResolutionPath = "/resolution"

// Amount is money in minor units, as operators see it.
type Amount struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
}

// AmountOf is nil for none.
func AmountOf(m *moneyproto.Money) *Amount {
	if m == nil {
		return nil
	}
	return &Amount{m.GetMinor(), m.GetCurrency()}
}

// UnmatchedView is something unmatched as operators see it.
type UnmatchedView struct {
	ID              string          `json:"id"`
	State           string          `json:"state"`  // "open", "resolving" or "resolved".
	Reason          string          `json:"reason"` // "unknown_card", …
	Kind            string          `json:"kind"`   // "clearing" or "refund".
	Amount          *Amount         `json:"amount"`
	LocalAmount     *Amount         `json:"local_amount,omitempty"`
	Descriptor      string          `json:"descriptor"`
	MCC             string          `json:"mcc"`
	CardID          string          `json:"card_id"`
	LastFour        string          `json:"last_four,omitempty"`
	Suspended       bool            `json:"suspended"` // The money is not the customer's, but on suspense.
	AccountID       string          `json:"account_id"`
	AuthorisationID string          `json:"authorisation_id"` // Of the payment that it went to.
	TransactionID   string          `json:"transaction_id"`
	Candidates      []string        `json:"candidates"` // Authorisations that it may be of.
	At              time.Time       `json:"at"`
	Resolution      *ResolutionView `json:"resolution,omitempty"`
}

// ResolutionView is what became of it.
type ResolutionView struct {
	Kind            string    `json:"kind"` // "accepted", "attached", "returned" or "written_off".
	By              string    `json:"by"`
	Note            string    `json:"note,omitempty"`
	At              time.Time `json:"at"`
	AuthorisationID string    `json:"authorisation_id,omitempty"` // Of the payment that it went to.
}

// Decision is what an operator decides of something unmatched.
type Decision struct {
	Kind string `json:"kind"` // As in ResolutionView.
	By   string `json:"by"`
	Note string `json:"note,omitempty"`
	// The payment that it is attached to: one of the two, the second with its card.
	TransactionID   string `json:"transaction_id,omitempty"`
	AuthorisationID string `json:"authorisation_id,omitempty"`
	// The card that was meant, of what is accepted and was of a card that is nobody's.
	CardID string `json:"card_id,omitempty"`
}

// UnmatchedList is a page of what is unmatched, the newest first.
type UnmatchedList struct {
	Unmatched []UnmatchedView `json:"unmatched"`
}

// UnmatchedViewOf is something unmatched, and the payment that it went to, as operators see it.
func UnmatchedViewOf(u *Unmatched, p *Payment) UnmatchedView {
	v := UnmatchedView{
		ID: u.GetId(), State: word(u.GetState().String(), "UNMATCHED_STATE_"),
		Reason: word(u.GetDoubt().GetReason().String(), "UNMATCHED_REASON_"), Kind: "clearing",
		Amount: AmountOf(u.GetAmount()), LocalAmount: AmountOf(u.GetLocalAmount()), Descriptor: u.GetDescriptor_(),
		MCC: u.GetMcc(), CardID: u.GetCardId(), LastFour: u.GetLastFour(), Suspended: u.GetSuspended(),
		AccountID: p.GetAccountId(), AuthorisationID: p.GetId(), TransactionID: u.GetTransactionId(),
		Candidates: append([]string{}, u.GetDoubt().GetCandidates()...), At: time.UnixMilli(u.GetAtMs()).UTC(),
	}
	if u.GetRefund() {
		v.Kind = "refund"
	}
	if r := u.GetResolution(); r != nil {
		v.Resolution = &ResolutionView{
			Kind: word(r.GetKind().String(), "RESOLUTION_KIND_"), By: r.GetBy(), Note: r.GetNote(),
			At: time.UnixMilli(r.GetAtMs()).UTC(),
		}
		if hold := r.GetTo().GetHoldId(); hold != "" {
			v.Resolution.AuthorisationID = "auth" + strings.TrimPrefix(hold, "hold")
		}
	}
	return v
}

// word is an enum's value as others know it.
func word(value, prefix string) string { return strings.ToLower(strings.TrimPrefix(value, prefix)) }
