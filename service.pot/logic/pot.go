// Package logic is what a pot is, and what becomes of money on its way into one or out of it.
package logic

import (
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/money"
)

// Pot is money that a customer has put aside. How much there is in it is the ledger's business.
type Pot struct {
	ID       string // pot_…
	User     string
	Account  string // The current account that it belongs to.
	Ledger   string // Its own account in the ledger.
	Currency string // ISO 4217: the current account's.

	Name  string // Personal.
	Style string
	Goal  int64 // Minor units; 0 for none.

	Created time.Time
	Updated time.Time
	Deleted bool  // For ever: no money comes in any more.
	Version int64 // Grows with each change.
}

// LedgerOf is the ledger account of a pot: the same whoever asks.
func LedgerOf(potID string, created time.Time) string { return id.Derived("acc", created, potID) }

// Way is which way money moves.
type Way int64

// The ways. Their numbers are stored.
const (
	Deposit    Way = 1 // Into the pot.
	Withdrawal Way = 2 // Out of it.
)

// Move is money on its way. It is written down before any moves, and is finished by whoever finds it.
type Move struct {
	Pot      string
	DedupeID string // The caller's name for it: it happens once.
	Way      Way
	Amount   money.Amount // More than zero.
	At       time.Time    // When it was first asked for.
	Outcome  Outcome
}

// ID is the move's own, for the ledger: potdep_… or potwdr_….
func (m Move) ID() string {
	prefix := "potwdr"
	if m.Way == Deposit {
		prefix = "potdep"
	}
	return id.Derived(prefix, m.At, m.Pot+"/"+m.DedupeID)
}

// TransactionID is how the customer's account records it.
func (m Move) TransactionID() string { return id.Derived("tx", m.At, m.ID()) }

// Outcome is what became of a move. Its numbers are stored.
type Outcome int64

// The outcomes.
const (
	Open    Outcome = 0
	Done    Outcome = 1
	Refused Outcome = 2 // There was not enough money. It stays so.
)

// SameAs fails with conflict.dedupe_id unless what was asked for first under the same id is the same.
func (m Move) SameAs(first Move) error {
	if m.Way != first.Way || m.Amount != first.Amount {
		return errs.New(errs.Conflict+".dedupe_id", "The dedupe_id was used with another request")
	}
	return nil
}

// Sides are the ledger accounts that money leaves and reaches.
func (p Pot) Sides(w Way) (from, to string) {
	if w == Deposit {
		return p.Account, p.Ledger
	}
	return p.Ledger, p.Account
}

// CheckOpen fails with precondition_failed.pot_deleted on a pot that is deleted.
func (p Pot) CheckOpen() error {
	if p.Deleted {
		return errs.New(errs.PreconditionFailed+".pot_deleted", "The pot is deleted")
	}
	return nil
}
