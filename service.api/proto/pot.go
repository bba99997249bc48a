package apiproto

import potproto "farthing/service.pot/proto"

// Pot is one as the API shows it. Amounts are minor units.
type Pot struct {
	ID                string `json:"id"`
	Name              string `json:"name"`
	Style             string `json:"style"`
	Balance           int64  `json:"balance"`
	Currency          string `json:"currency"`
	Created           string `json:"created"`
	Updated           string `json:"updated"`
	Deleted           bool   `json:"deleted"`
	Type              string `json:"type"`
	ProductID         string `json:"product_id"`
	CurrentAccountID  string `json:"current_account_id"`
	PotAccountID      string `json:"pot_account_id"` // Its own account in the ledger.
	CoverImageURL     string `json:"cover_image_url"`
	ISAWrapper        string `json:"isa_wrapper"`
	RoundUp           bool   `json:"round_up"`
	RoundUpMultiplier *int64 `json:"round_up_multiplier"`
	IsTaxPot          bool   `json:"is_tax_pot"`
	Locked            bool   `json:"locked"`
	AvailableForBills bool   `json:"available_for_bills"`
	HasVirtualCards   bool   `json:"has_virtual_cards"`
	GoalAmount        int64  `json:"goal_amount,omitempty"` // Not there without a goal.
}

// PotOf is a pot as the API shows it.
func PotOf(p *potproto.Pot) Pot {
	return Pot{
		ID: p.GetId(), Name: p.GetName(), Style: p.GetStyle(), Balance: p.GetBalance().GetMinor(),
		Currency: p.GetBalance().GetCurrency(), Created: Time(p.GetCreatedMs()), Updated: Time(p.GetUpdatedMs()),
		Deleted: p.GetDeleted(), Type: "default", CurrentAccountID: p.GetCurrentAccountId(),
		PotAccountID: p.GetLedgerAccountId(), GoalAmount: p.GetGoalMinor(),
	}
}
