package logic

import (
	"context"

	"farthing/pkg/id"
	"farthing/pkg/money"
)

// Transfer is money that goes from one account to another.
type Transfer struct {
	From, To Place
	Amount   money.Amount // More than zero.
	DedupeID string       // It happens once.
	Spending bool         // Somebody else gets it.
}

// Moving is what became of a transfer.
type Moving struct {
	Journal string
	Debit   Entry // A Declined one if there was not enough: then nothing else has happened, or ever will.
	Credit  Entry
}

// Transfer moves money, or declines to: being declined is an outcome. A repeat of a dedupe id answers the first one;
// with another body it is conflict.dedupe_id.
func (b *Bookkeeper) Transfer(ctx context.Context, t Transfer) (Moving, error) {
	journalID := id.Hash("jrn", "transfer/"+t.DedupeID)
	journal, entries, err := b.move(ctx, "dedupe_id", Journal{ID: journalID, Legs: []Leg{
		{Account: t.From.ledger(t.Amount.Currency, journalID), Amount: t.Amount.Negated(), Kind: t.debit()},
		{Account: t.To.ledger(t.Amount.Currency, journalID), Amount: t.Amount, Kind: Posted},
	}})
	if err != nil {
		return Moving{}, err
	}
	moving := Moving{Journal: journal.ID, Debit: entries[0]}
	if len(entries) > 1 {
		moving.Credit = entries[1]
	}
	return moving, nil
}

// debit is the kind of the first leg's entry.
func (t Transfer) debit() Kind {
	switch {
	case t.From.Account == "":
		return Posted
	case t.Spending:
		return Paid
	}
	return Moved
}
