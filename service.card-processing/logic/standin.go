package logic

import (
	"fmt"
	"time"

	"farthing/pkg/id"
	balanceproto "farthing/service.balance/proto"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// StandIn is the policy by which a payment is decided that the ledger cannot decide in time. It is small on purpose:
// what it approves is held whatever there is. The zero value approves nothing.
type StandIn struct {
	Minor    int64  // The most that one payment may be.
	Currency string // In which.
}

// Rules are what a payment must satisfy, in words, in the order in which they are looked at.
func (s StandIn) Rules() []string {
	if s.Minor == 0 {
		return []string{"nothing is approved"}
	}
	return []string{
		fmt.Sprintf("at most %d minor units of %s", s.Minor, s.Currency),
		"no cash, no magnetic stripe, and no PIN",
		"nothing that the card's state or its customer's blocks refuse",
		"one payment for each card and day",
	}
}

// Approves tells whether the policy approves a payment for which the card's own checks have this refusal. That it is
// the card's first of the day is the store's to say.
func (s StandIn) Approves(req *cardprocessingproto.AuthoriseRequest, refusal balanceproto.DeclineReason) bool {
	return s.Minor > 0 && req.GetAmount().GetMinor() <= s.Minor && req.GetAmount().GetCurrency() == s.Currency &&
		!req.GetCash() && req.GetCashback().GetMinor() == 0 &&
		req.GetVerification().GetPin() == cardprocessingproto.PINResult_PIN_RESULT_UNSPECIFIED && // Nobody counts tries.
		req.GetEntryMode() != cardprocessingproto.EntryMode_ENTRY_MODE_MAGSTRIPE &&
		refusal == balanceproto.DeclineReason_DECLINE_REASON_UNSPECIFIED
}

// AdviceHold names the hold that is posted for a payment that was stood in for although the ledger had declined it, or
// had been told never to make it: its own id is used up. The time is that of the hold.
func AdviceHold(holdID string) (string, error) {
	at, err := id.Time("hold_id", HoldPrefix, holdID)
	if err != nil {
		return "", err
	}
	return id.Derived(HoldPrefix, at.Truncate(time.Millisecond), "stand-in/"+holdID), nil
}
