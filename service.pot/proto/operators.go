// Package potproto is what service.pot answers, to its peers and to operators.
package potproto

// PotsPath is where the admin door lists and makes pots; a pot's id, and then what is done to it, may follow.
const PotsPath = "/pots"

// AuditPotsPath is where it audits pots and their moves, a page (audit.Page) at a time.
const AuditPotsPath = "/audit/pots"

// What follows the id.
const (
	DepositPath  = "/deposit"
	WithdrawPath = "/withdraw"
)

// View is a pot as operators see it. Amounts are minor units.
type View struct {
	ID               string `json:"id"`
	CurrentAccountID string `json:"current_account_id"`
	Name             string `json:"name"`
	Style            string `json:"style"`
	Balance          int64  `json:"balance"`
	Currency         string `json:"currency"`
	Goal             int64  `json:"goal_amount"` // 0 for none.
	CreatedMs        int64  `json:"created_ms"`
	UpdatedMs        int64  `json:"updated_ms"`
	Deleted          bool   `json:"deleted"`
}

// ViewOf is a pot as operators see it.
func ViewOf(p *Pot) View {
	return View{
		ID: p.GetId(), CurrentAccountID: p.GetCurrentAccountId(), Name: p.GetName(), Style: p.GetStyle(),
		Balance: p.GetBalance().GetMinor(), Currency: p.GetBalance().GetCurrency(), Goal: p.GetGoalMinor(),
		CreatedMs: p.GetCreatedMs(), UpdatedMs: p.GetUpdatedMs(), Deleted: p.GetDeleted(),
	}
}

// Making is what operators send to make a pot.
type Making struct {
	CurrentAccountID string `json:"current_account_id"`
	Name             string `json:"name"`
	Style            string `json:"style"`
	Goal             int64  `json:"goal_amount"`
	DedupeID         string `json:"dedupe_id"`
}

// Moving is what operators send to move money into a pot, or out of it.
type Moving struct {
	Amount   int64  `json:"amount"` // Minor units of the pot's currency.
	DedupeID string `json:"dedupe_id"`
}
