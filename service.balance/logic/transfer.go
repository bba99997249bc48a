package logic

import (
	"context"

	"farthing/pkg/errs"
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

// transferLegs are the debit and the credit, in that order.
const transferLegs = 2

// Moving is what became of a transfer.
type Moving struct {
	Journal string
	Debit   Entry // A Declined one if there was not enough: then nothing else has happened, or ever will.
	Credit  Entry
}

// Transfer moves money, or declines to: being declined is an outcome. A repeat of a dedupe id answers the first one;
// with another body it is conflict.dedupe_id.
func (b *Bookkeeper) Transfer(ctx context.Context, t Transfer) (Moving, error) {
	journalID := transferID(t.DedupeID)
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

// transferID is the journal that a transfer's dedupe id stands for.
func transferID(dedupeID string) string { return id.Hash("jrn", "transfer/"+dedupeID) }

// FindTransfer is the journal of a transfer that was asked for: not_found.transfer if none was.
func (b *Bookkeeper) FindTransfer(ctx context.Context, dedupeID string) (Journal, error) {
	journal, found, err := b.Journals.Find(ctx, transferID(dedupeID))
	switch {
	case err != nil:
		return Journal{}, err
	case !found:
		return Journal{}, errs.Missing("transfer")
	case len(journal.Legs) != transferLegs:
		return Journal{}, &Fault{Journal: journal.ID, Rule: "legs", Detail: "it is a transfer, and has not two"}
	}
	return journal, nil
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
