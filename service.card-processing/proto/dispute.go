package cardprocessingproto

import "time"

// DisputesPath is where the admin door lists and opens disputes, and, followed by an id, shows them and takes steps.
const DisputesPath = "/disputes"

// Opening is what an operator opens a dispute with.
type Opening struct {
	TransactionID string  `json:"transaction_id"`
	Amount        *Amount `json:"amount,omitempty"` // Nil for all that can be disputed.
	Reason        string  `json:"reason"`
	DedupeID      string  `json:"dedupe_id"`
	By            string  `json:"by"`
	Note          string  `json:"note,omitempty"`
}

// Step is who takes a step of a dispute, and why.
type Step struct {
	By   string `json:"by"`
	Note string `json:"note,omitempty"`
}

// DisputeView is a dispute as operators see it.
type DisputeView struct {
	ID              string     `json:"id"`
	Status          string     `json:"status"` // "open", "credited", "won" or "lost".
	Reason          string     `json:"reason"`
	Amount          Amount     `json:"amount"`
	Descriptor      string     `json:"descriptor"`
	AuthorisationID string     `json:"authorisation_id"`
	TransactionID   string     `json:"transaction_id"`
	AccountID       string     `json:"account_id"`
	Steps           []StepView `json:"steps"`
}

// StepView is a step of a dispute.
type StepView struct {
	Status        string    `json:"status"` // What it has come to by this.
	By            string    `json:"by"`
	Note          string    `json:"note,omitempty"`
	At            time.Time `json:"at"`
	TransactionID string    `json:"transaction_id,omitempty"` // That shows the money that moved.
}

// DisputeList is a page of disputes, the newest first.
type DisputeList struct {
	Disputes []DisputeView `json:"disputes"`
}

// DisputeListOf is disputes as operators see them.
func DisputeListOf(rsp *ListResponse) DisputeList {
	list := DisputeList{Disputes: make([]DisputeView, len(rsp.GetDisputes()))}
	for i, d := range rsp.GetDisputes() {
		list.Disputes[i] = DisputeViewOf(d)
	}
	return list
}

// DisputeViewOf is a dispute as operators see it.
func DisputeViewOf(of *PaymentDispute) DisputeView {
	d := of.GetDispute()
	v := DisputeView{
		ID: d.GetId(), Status: word(d.GetStatus().String(), "DISPUTE_STATUS_"), Reason: d.GetReason(),
		Amount: Amount{d.GetAmountMinor(), of.GetCurrency()}, Descriptor: of.GetDescriptor_(),
		AuthorisationID: of.GetAuthorisationId(), TransactionID: of.GetTransactionId(), AccountID: of.GetAccountId(),
		Steps: make([]StepView, len(d.GetSteps())),
	}
	for i, s := range d.GetSteps() {
		v.Steps[i] = StepView{
			Status: word(s.GetStatus().String(), "DISPUTE_STATUS_"), By: s.GetBy(), Note: s.GetNote(),
			At: time.UnixMilli(s.GetAtMs()).UTC(), TransactionID: s.GetTransactionId(),
		}
	}
	return v
}
