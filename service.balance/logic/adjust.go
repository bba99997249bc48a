package logic

import (
	"context"

	"farthing/pkg/id"
	"farthing/pkg/money"
)

// The bank's own accounts that adjustments are made with.
const (
	Suspense = "suspense" // Of which nobody knows yet whose it is.
	Disputes = "disputes" // Provisional credits.
	Losses   = "losses"   // What the bank has given up.
)

// SettlementWith is what is owed to a card scheme.
func SettlementWith(scheme string) string { return "settlement_" + scheme }

// Place is where money is: on a customer's account, or on one of the bank's own. Exactly one of the two.
type Place struct {
	Account string
	Own     string // Suspense, …
}

func (p Place) ledger(currency, journalID string) string {
	if p.Account != "" {
		return p.Account
	}
	return internal(p.Own, currency, journalID)
}

// Adjustment moves money for a reason that is no payment.
type Adjustment struct {
	ID       string // It happens once.
	From, To Place
	Amount   money.Amount // More than zero.
}

// Adjust posts an adjustment, whatever there is. A repeat answers the first entry, of the customer's leg if there is
// one; with another body it is conflict.adjustment_id.
func (b *Bookkeeper) Adjust(ctx context.Context, a Adjustment) (Journal, Entry, error) {
	journalID := id.Hash("jrn", "adjustment/"+a.ID)
	return b.move(ctx, "adjustment_id", Journal{ID: journalID, Legs: []Leg{
		{Account: a.From.ledger(a.Amount.Currency, journalID), Amount: a.Amount.Negated(), Kind: Posted},
		{Account: a.To.ledger(a.Amount.Currency, journalID), Amount: a.Amount, Kind: Posted},
	}})
}
