// Package logic is payments: what a scheme is asked, how names compare, and when standing orders run.
package logic

import (
	"context"
	"time"

	"farthing/pkg/money"
)

// Party is what of a payment's other side is personal, or of a payee.
type Party struct {
	Name          string
	SortCode      string // Six digits.
	AccountNumber string // Eight digits.
}

// Instruction is a payment as a scheme is given it.
type Instruction struct {
	ID         string // payment_…: the scheme does it once, and answers a repeat as the first time.
	To         Party
	Amount     money.Amount
	Reference  string
	AcceptedAt time.Time
}

// Sent is what a scheme answers to an instruction.
type Sent struct {
	Refused string // Why it would not have it: "account_closed"; empty if it has settled.
	// When it is going to come back, if that is known already; zero for not. A real scheme's returns come later, and
	// unforeseen, to Payments.Return.
	ReturnAt time.Time
}

// NameCheck is how a name compares with an account's.
type NameCheck int

// How names compare. The numbers are those of payment.v1.NameMatch.
const (
	FullMatch   NameCheck = 1
	CloseMatch  NameCheck = 2
	NoMatch     NameCheck = 3
	Unavailable NameCheck = 4 // The other bank does not say.
)

// Scheme is how payments reach other banks.
type Scheme interface {
	// Send gives it an instruction. Repeating it is harmless. An error says that the outcome is not known yet: the
	// payment stays sent, and is tried again.
	Send(ctx context.Context, i Instruction, now time.Time) (Sent, error)
	// CheckName compares a party's name with its account's; of a close match it answers the account's.
	CheckName(ctx context.Context, p Party) (NameCheck, string, error)
}
