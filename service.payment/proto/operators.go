// Package paymentproto is what service.payment answers, to its peers and to operators.
package paymentproto

import (
	"strings"
)

// Where the admin door pays, and keeps payees and standing orders. An id may follow each.
const (
	PaymentsPath       = "/payments"
	PayInPath          = "/payments/in"
	PayeesPath         = "/payees"
	NameCheckPath      = "/payees/check"
	StandingOrdersPath = "/standing-orders"
)

// AuditPaymentsPath is where it audits payments, a page (audit.Page) at a time. Card payments have another.
const AuditPaymentsPath = "/audit/bank-payments"

// Paying is what operators send to have something paid, once or again and again.
type Paying struct {
	AccountID     string `json:"account_id"`
	PayeeID       string `json:"payee_id,omitempty"` // Or the three that follow.
	Name          string `json:"name,omitempty"`
	SortCode      string `json:"sort_code,omitempty"`
	AccountNumber string `json:"account_number,omitempty"`
	Amount        int64  `json:"amount"` // Minor units.
	Currency      string `json:"currency"`
	Reference     string `json:"reference"`
	DedupeID      string `json:"dedupe_id"`

	// Of a standing order.
	Frequency string `json:"frequency,omitempty"` // "weekly" or "monthly".
	Day       int32  `json:"day,omitempty"`
	FirstDate string `json:"first_date,omitempty"`
	LastDate  string `json:"last_date,omitempty"`
}

// Party is whom operators want to have paid, nil if it is a payee.
func (p Paying) Party() *Party {
	if p.Name == "" && p.SortCode == "" && p.AccountNumber == "" {
		return nil
	}
	return &Party{Name: p.Name, SortCode: p.SortCode, AccountNumber: p.AccountNumber}
}

// FrequencyOf is a frequency by its word.
func FrequencyOf(word string) Frequency {
	return Frequency(Frequency_value["FREQUENCY_"+strings.ToUpper(word)])
}

// PaymentView is a payment as operators see it. Amounts are minor units.
type PaymentView struct {
	ID            string `json:"id"`
	AccountID     string `json:"account_id"`
	Direction     string `json:"direction"` // "out", "in" or "within".
	State         string `json:"state"`     // "accepted", "declined", "sent", "settled", "refused", "returned" …
	Reason        string `json:"reason"`
	Amount        int64  `json:"amount"`
	Currency      string `json:"currency"`
	Name          string `json:"name"`
	SortCode      string `json:"sort_code"`
	AccountNumber string `json:"account_number"`
	Reference     string `json:"reference"`
	TransactionID string `json:"transaction_id"`
	CreatedMs     int64  `json:"created_ms"`
	UpdatedMs     int64  `json:"updated_ms"`
}

// ViewOf is a payment as operators see it.
func ViewOf(p *Payment) PaymentView {
	return PaymentView{
		ID: p.GetId(), AccountID: p.GetAccountId(), Direction: word(p.GetDirection().String(), "DIRECTION_"),
		State: word(p.GetState().String(), "STATE_"), Reason: p.GetReason(), Amount: p.GetAmount().GetMinor(),
		Currency: p.GetAmount().GetCurrency(), Name: p.GetParty().GetName(), SortCode: p.GetParty().GetSortCode(),
		AccountNumber: p.GetParty().GetAccountNumber(), Reference: p.GetReference(), TransactionID: p.GetTransactionId(),
		CreatedMs: p.GetCreatedMs(), UpdatedMs: p.GetUpdatedMs(),
	}
}

// PayeeView is a payee as operators see it, or what they send to add or to check one.
type PayeeView struct {
	ID            string `json:"id,omitempty"`
	UserID        string `json:"user_id,omitempty"`
	Name          string `json:"name"`
	SortCode      string `json:"sort_code"`
	AccountNumber string `json:"account_number"`
}

// PayeeViewOf is a payee as operators see it.
func PayeeViewOf(p *Payee) PayeeView {
	return PayeeView{
		ID: p.GetId(), UserID: p.GetUserId(), Name: p.GetParty().GetName(), SortCode: p.GetParty().GetSortCode(),
		AccountNumber: p.GetParty().GetAccountNumber(),
	}
}

// NameCheckView is how a name compares.
type NameCheckView struct {
	Match string `json:"match"` // "full", "close", "none" or "unavailable".
	Name  string `json:"name"`  // The account's, of a close match.
}

// NameCheckViewOf is a comparison as operators see it.
func NameCheckViewOf(r *CheckNameResponse) NameCheckView {
	return NameCheckView{Match: word(r.GetMatch().String(), "NAME_MATCH_"), Name: r.GetName()}
}

// OrderView is a standing order as operators see it.
type OrderView struct {
	ID            string `json:"id"`
	AccountID     string `json:"account_id"`
	State         string `json:"state"` // "active", "cancelled" or "finished".
	Name          string `json:"name"`
	SortCode      string `json:"sort_code"`
	AccountNumber string `json:"account_number"`
	Reference     string `json:"reference"`
	Amount        int64  `json:"amount"`
	Currency      string `json:"currency"`
	Frequency     string `json:"frequency"`
	Day           int32  `json:"day"`
	FirstDate     string `json:"first_date"`
	LastDate      string `json:"last_date"`
	NextDate      string `json:"next_date"`
	NextTime      string `json:"next_time"` // Of that day in London, "06:00": of its first try, or the next.
	Paid          int64  `json:"paid"`
	Failed        int64  `json:"failed"`
}

// OrderViewOf is a standing order as operators see it, but the time of its next try.
func OrderViewOf(o *StandingOrder) OrderView {
	return OrderView{
		ID: o.GetId(), AccountID: o.GetAccountId(), State: word(o.GetState().String(), "ORDER_STATE_"),
		Name: o.GetParty().GetName(), SortCode: o.GetParty().GetSortCode(),
		AccountNumber: o.GetParty().GetAccountNumber(), Reference: o.GetReference(), Amount: o.GetAmount().GetMinor(),
		Currency: o.GetAmount().GetCurrency(), Frequency: word(o.GetFrequency().String(), "FREQUENCY_"), Day: o.GetDay(),
		FirstDate: o.GetFirstDate(), LastDate: o.GetLastDate(), NextDate: o.GetNextDate(), Paid: o.GetPaid(),
		Failed: o.GetFailed(),
	}
}

func word(name, prefix string) string { return strings.ToLower(strings.TrimPrefix(name, prefix)) }
