package logic

import (
	"context"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/money"
)

// Own is one of the bank's own accounts. Its numbers are those of balance.v1.OwnAccount.
type Own int64

// The bank's own accounts that money is moved to and from.
const (
	NotOwn   Own = 0
	Nostro   Own = 1 // What the bank has at the central bank. It is an asset: below zero while there is any.
	Scheme   Own = 2 // What was sent through the payment scheme and is not settled yet.
	Suspense Own = 3 // Money that is somebody's, and whose is not known.
	Fees     Own = 4 // What the bank has earned.
)

// name is how the account is called in the ledger, empty if there is none such.
func (o Own) name() string {
	switch o {
	case Nostro:
		return "nostro"
	case Scheme:
		return "settlement_payments"
	case Suspense:
		return "suspense"
	case Fees:
		return "fees"
	case NotOwn:
	}
	return ""
}

// Side is one end of a transfer: a customer's account, or one of the bank's own.
type Side struct {
	Account string // acc_…
	Own     Own
}

// Check fails, naming the field, unless the side is one account.
func (s Side) Check(field string) error {
	switch {
	case s.Account == "" && s.Own == NotOwn:
		return errs.MissingParam(field)
	case s.Account == "" && s.Own.name() == "":
		return errs.BadParam(field+".own", "must be an account of the bank's own that there is")
	case isInternal(s.Account):
		return errs.BadParam(field+".account_id", "must be a customer's account")
	}
	return nil
}

func (s Side) in(currency, journalID string) string {
	if s.Account != "" {
		return s.Account
	}
	return internal(s.Own.name(), currency, journalID)
}

// Transfer is money that goes from one account to another.
type Transfer struct {
	From, To Side
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
		{Account: t.From.in(t.Amount.Currency, journalID), Amount: t.Amount.Negated(), Kind: t.debit()},
		{Account: t.To.in(t.Amount.Currency, journalID), Amount: t.Amount, Kind: Posted},
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
