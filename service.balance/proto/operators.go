package balanceproto

import (
	"strings"
	"time"
)

// LedgersPath is where the admin door shows what an account has had, before its id.
const LedgersPath = "/ledgers/"

// What follows the id.
const (
	BalancePath   = "/balance"
	StatementPath = "/statement"
)

// BalanceView is an account at a time, as operators see it. Amounts are minor units.
type BalanceView struct {
	AccountID string    `json:"account_id"`
	At        time.Time `json:"at"`
	Currency  string    `json:"currency"`
	Available int64     `json:"available"`
	Posted    int64     `json:"posted"`
	Held      int64     `json:"held"`
	Sequence  int64     `json:"sequence"` // Of the newest entry that there was; 0 for none.
}

// BalanceViewOf is an account at a time as operators see it.
func BalanceViewOf(account string, at time.Time, b *GetBalanceAtResponse) BalanceView {
	return BalanceView{
		AccountID: account, At: at, Currency: b.GetPosted().GetCurrency(), Available: b.GetAvailable().GetMinor(),
		Posted: b.GetPosted().GetMinor(), Held: b.GetHeld().GetMinor(), Sequence: b.GetSequence(),
	}
}

// StatementPage is some of a statement, as operators see it. Amounts are minor units.
type StatementPage struct {
	Currency string        `json:"currency"`
	Opening  int64         `json:"opening"`
	TotalIn  int64         `json:"total_in"`
	TotalOut int64         `json:"total_out"` // More than zero.
	Closing  int64         `json:"closing"`
	Postings []PostingView `json:"postings"`
	Next     int64         `json:"next"` // After which sequence to go on; 0 at the end.
}

// PostingView is one line of a statement.
type PostingView struct {
	Sequence      int64     `json:"sequence"`
	At            time.Time `json:"at"`
	Kind          string    `json:"kind"` // "posted" or "cleared".
	Amount        int64     `json:"amount"`
	Balance       int64     `json:"balance"`                  // Posted, after it.
	TransactionID string    `json:"transaction_id,omitempty"` // Of what was held before it.
	ID            string    `json:"id"`
}

// StatementPageOf is some of a statement as operators see it.
func StatementPageOf(s *ListStatementResponse) StatementPage {
	page := StatementPage{
		Currency: s.GetOpening().GetCurrency(), Opening: s.GetOpening().GetMinor(), TotalIn: s.GetTotalIn().GetMinor(),
		TotalOut: s.GetTotalOut().GetMinor(), Closing: s.GetClosing().GetMinor(), Next: s.GetNextAfterSequence(),
		Postings: make([]PostingView, len(s.GetPostings())),
	}
	for i, e := range s.GetPostings() {
		page.Postings[i] = PostingView{
			Sequence: e.GetSequence(), At: time.UnixMilli(e.GetAtMs()).UTC(), Amount: e.GetPostedChangeMinor(),
			Kind:    strings.ToLower(strings.TrimPrefix(e.GetKind().String(), "ENTRY_KIND_")),
			Balance: e.GetPostedMinor(), TransactionID: e.GetTransactionId(), ID: e.GetId(),
		}
	}
	return page
}
