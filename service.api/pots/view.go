package pots

import (
	"fmt"

	"farthing/pkg/edge"
	"farthing/service.api/wire"
	potproto "farthing/service.pot/proto"
)

// view is a pot as the API shows it. Amounts are minor units.
type view struct {
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

func viewOf(p *potproto.Pot) view {
	return view{
		ID: p.GetId(), Name: p.GetName(), Style: p.GetStyle(), Balance: p.GetBalance().GetMinor(),
		Currency: p.GetBalance().GetCurrency(), Created: wire.Time(p.GetCreatedMs()), Updated: wire.Time(p.GetUpdatedMs()),
		Deleted: p.GetDeleted(), Type: "default", CurrentAccountID: p.GetCurrentAccountId(),
		PotAccountID: p.GetLedgerAccountId(), GoalAmount: p.GetGoalMinor(),
	}
}

// answer is a pot, or what went wrong while something was done about it.
func answer(doing string, pot *potproto.Pot, err error) edge.Response {
	if err != nil {
		return edge.Error(fmt.Errorf("%s: %w", doing, err))
	}
	return edge.OK(viewOf(pot))
}
