package logic

import (
	"context"

	"farthing/pkg/id"
	"farthing/pkg/money"
)

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
	customer := 0
	if a.From.Account == "" && a.To.Account != "" {
		customer = 1
	}
	return customers(customer)(b.move(ctx, "adjustment_id", Journal{ID: journalID, Legs: []Leg{
		{Account: a.From.ledger(a.Amount.Currency, journalID), Amount: a.Amount.Negated(), Kind: Posted},
		{Account: a.To.ledger(a.Amount.Currency, journalID), Amount: a.Amount, Kind: Posted},
	}}))
}
