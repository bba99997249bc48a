// Package scheme is the payment scheme that connects the bank with others. The only one so far is simulated.
package scheme

import (
	"context"
	"strings"
	"time"

	"farthing/pkg/errs"
	"farthing/service.payment/logic"
)

// Simulated is a scheme without another bank: what it does hangs on how the account number ends, and on nothing else,
// so that whoever asks twice is answered the same.
//
//	…11   refused when it is sent: account_closed
//	…12   settled, and returned two days later
//	…13   no answer for the first hour, then settled
//	…21   the name nearly matches: "G Hopper" for Grace Hopper
//	…22   the name does not match
//	…23   the other bank does not say
//	else  settled at once, and the name matches
type Simulated struct{}

var _ logic.Scheme = Simulated{}

const (
	returnAfter  = 48 * time.Hour
	silentFor    = time.Hour
	digitsOfRule = 2
)

// rule is the end of an account number.
func rule(p logic.Party) string { return p.AccountNumber[max(0, len(p.AccountNumber)-digitsOfRule):] }

// Send does as the account number says.
func (Simulated) Send(_ context.Context, i logic.Instruction, now time.Time) (logic.Sent, error) {
	switch rule(i.To) {
	case "11":
		return logic.Sent{Refused: "account_closed"}, nil
	case "12":
		return logic.Sent{ReturnAt: i.AcceptedAt.Add(returnAfter)}, nil
	case "13":
		if now.Sub(i.AcceptedAt) < silentFor {
			return logic.Sent{}, errs.New(errs.Unavailable+".scheme", "The other bank does not answer")
		}
	}
	return logic.Sent{}, nil
}

// CheckName does as the account number says.
func (Simulated) CheckName(_ context.Context, p logic.Party) (logic.NameCheck, string, error) {
	switch rule(p) {
	case "21":
		return logic.CloseMatch, initialled(p.Name), nil
	case "22":
		return logic.NoMatch, "", nil
	case "23":
		return logic.Unavailable, "", nil
	}
	return logic.FullMatch, "", nil
}

// initialled is a name with its first word cut to a letter.
func initialled(name string) string {
	first, rest, found := strings.Cut(strings.TrimSpace(name), " ")
	if !found || first == "" {
		return name
	}
	return string([]rune(first)[:1]) + " " + rest
}
