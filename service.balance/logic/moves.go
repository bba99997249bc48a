package logic

import (
	"bytes"
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/money"
)

// PayIn posts money from outside to an account, against the funding account, and answers the account's entry. A
// repeat of a dedupe id answers the first one; with another body it is conflict.dedupe_id.
func (b *Bookkeeper) PayIn(
	ctx context.Context, account string, amount money.Amount, dedupeID string,
) (Journal, Entry, error) {
	journalID := id.Hash("jrn", account+"/"+dedupeID)
	return customers(1)(b.move(ctx, "dedupe_id", Journal{ID: journalID, Legs: []Leg{
		{Account: internal("funding", amount.Currency, journalID), Amount: amount.Negated(), Kind: Posted},
		{Account: account, Amount: amount, Kind: Posted},
	}}))
}

// Clearing is what a merchant collects from an account, or sends back to it, through a card scheme.
type Clearing struct {
	Account string
	ID      string       // Of the scheme's message: it happens once.
	Scheme  string       // "mastercard".
	Amount  money.Amount // More than zero.

	// Of what was held: the hold, which change of it this is, and how much of the amount it gives. No hold for a
	// collection without an authorisation, or beyond what is left of it: nobody asks whether there is enough money.
	Hold     string
	Change   int64
	Captured int64

	// Against whose limits it counts as far as it goes beyond the hold; no set for none.
	ControlSet string
	Cash       bool
}

// Clear posts a collection against what is owed to the scheme, and frees what was held for it. A repeat answers the
// first entry; with another body it is conflict.clearing_id. Errors: those of HoldBefore; precondition_failed.hold if
// less is left than Captured.
func (b *Bookkeeper) Clear(ctx context.Context, c Clearing) (Journal, Entry, error) {
	if c.Hold != "" {
		left, err := b.Ledger.HoldBefore(ctx, c.Account, c.Hold, c.Change)
		if err != nil {
			return Journal{}, Entry{}, err
		}
		if c.Captured > left.Remaining {
			return Journal{}, Entry{}, errs.Newf(errs.PreconditionFailed+".hold", "The hold has %d minor units left",
				left.Remaining)
		}
	}
	journalID := c.journalID()
	return customers(0)(b.move(ctx, "clearing_id", Journal{ID: journalID, Legs: []Leg{
		{
			Account: c.Account, Amount: c.Amount.Negated(), Kind: Cleared,
			Hold: c.Hold, Change: c.Change, Captured: c.Captured, ControlSet: c.ControlSet, Cash: c.Cash,
		},
		{Account: c.settlement(journalID), Amount: c.Amount, Kind: Posted},
	}}))
}

// Refund posts what a merchant sends back. A repeat answers the first entry; with another body it is
// conflict.clearing_id.
func (b *Bookkeeper) Refund(ctx context.Context, c Clearing) (Journal, Entry, error) {
	journalID := c.journalID()
	return customers(1)(b.move(ctx, "clearing_id", Journal{ID: journalID, Legs: []Leg{
		{Account: c.settlement(journalID), Amount: c.Amount.Negated(), Kind: Posted},
		{Account: c.Account, Amount: c.Amount, Kind: Posted},
	}}))
}

// ReverseRefund takes back what Refund has posted, whatever there is: it is no spending, and asks no limit. A repeat
// answers the first entry; with another body it is conflict.clearing_id.
func (b *Bookkeeper) ReverseRefund(ctx context.Context, c Clearing) (Journal, Entry, error) {
	journalID := c.journalID()
	return customers(0)(b.move(ctx, "clearing_id", Journal{ID: journalID, Legs: []Leg{
		{Account: c.Account, Amount: c.Amount.Negated(), Kind: Posted},
		{Account: c.settlement(journalID), Amount: c.Amount, Kind: Posted},
	}}))
}

func (c Clearing) journalID() string { return id.Hash("jrn", c.Account+"/card/"+c.ID) }

func (c Clearing) settlement(journalID string) string {
	return internal(SettlementWith(c.Scheme), c.Amount.Currency, journalID)
}

// customers picks the entry of the leg that is a customer's out of what move answers.
func customers(leg int) func(Journal, []Entry, error) (Journal, Entry, error) {
	return func(j Journal, entries []Entry, err error) (Journal, Entry, error) {
		if err != nil {
			return Journal{}, Entry{}, err
		}
		return j, entries[leg], nil
	}
}

// move opens a journal and runs it, and answers its entries.
func (b *Bookkeeper) move(ctx context.Context, idField string, wanted Journal) (Journal, []Entry, error) {
	for _, leg := range wanted.Legs {
		if isInternal(leg.Account) {
			continue
		}
		currency, err := b.Ledger.Currency(ctx, leg.Account)
		if err != nil {
			return Journal{}, nil, err
		}
		if currency != leg.Amount.Currency {
			return Journal{}, nil, errs.BadParam("amount.currency", "must be the account's, "+currency)
		}
	}
	wanted.Request, wanted.OpenedAt = wanted.request(), b.Clock.Now()
	journal, err := b.Journals.Open(ctx, wanted)
	if err != nil {
		return Journal{}, nil, fmt.Errorf("opening a journal: %w", err)
	}
	if !bytes.Equal(journal.Request, wanted.Request) {
		return Journal{}, nil, errs.Newf(errs.Conflict+"."+idField, "This %s was used for something else", idField)
	}
	if journal.Void && !journal.Legs[0].Kind.asks() {
		return Journal{}, nil, changeUsed()
	}
	entries, err := b.run(ctx, journal) // Of one that was declined, that is a repeat of the refused leg alone.
	return journal, entries, err
}
