// Package logic is what an account is, and how it comes to its number.
package logic

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/money"
)

// Account is a customer's account with the bank. Its money is the ledger's business.
type Account struct {
	ID       string // acc_…
	User     string
	Type     string
	Currency string // ISO 4217, one for ever.
	SortCode string // Six digits.
	Number   string // Eight digits.
	Closed   bool
	Created  time.Time
}

// Retail is the one type of account that there is: a current account of one person.
const Retail = "uk_retail"

// Check fails with bad_request, naming the field, on what cannot be opened.
func (a Account) Check() error {
	switch a.Type {
	case Retail:
	case "":
		return errs.MissingParam("type")
	default:
		return errs.BadParam("type", "must be "+Retail)
	}
	return money.CheckCurrency("currency", a.Currency)
}

// SortCode is every account's. No bank has it: the clearings' ranges begin at 01, and the first code in the table of
// modulus weights that they publish (valacdos) is 01-00-04. The farthing itself went out of use in 1960.
const SortCode = "001960"

// numbers is how many account numbers there are under one sort code.
const numbers = 100_000_000

// NumberOf is the account number that an account asks for at an attempt, counted from 0. It is as good as random, for
// the id is, and the same whoever asks: so a repeat of an opening, or two at once, claim the same numbers in the same
// order, and none is left behind.
func NumberOf(accountID string, attempt int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", accountID, attempt))
	return fmt.Sprintf("%08d", binary.BigEndian.Uint64(sum[:8])%numbers)
}
