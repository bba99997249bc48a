package logic

import (
	"fmt"
	"strings"
	"time"

	"farthing/pkg/errs"
	balanceproto "farthing/service.balance/proto"
	cardprocessingproto "farthing/service.card-processing/proto"
	cardsproto "farthing/service.cards/proto"
)

// expiryLayout is the month of a card's date: 2029-11.
const expiryLayout = "2006-01"

// CheckVerification refuses results that cannot be, naming the field and the rule.
func CheckVerification(v *cardprocessingproto.Verification) error {
	for _, each := range []struct {
		field  string
		number int32
		names  map[int32]string
	}{
		{"cvv", int32(v.GetCvv()), cardprocessingproto.CheckResult_name},
		{"cryptogram", int32(v.GetCryptogram()), cardprocessingproto.CheckResult_name},
		{"address", int32(v.GetAddress()), cardprocessingproto.CheckResult_name},
		{"pin", int32(v.GetPin()), cardprocessingproto.PINResult_name},
	} {
		if each.names[each.number] == "" {
			return errs.BadParam("verification."+each.field, "is not a result that there is")
		}
	}
	if v.GetExpiry() == "" {
		return nil
	}
	if _, err := time.Parse(expiryLayout, v.GetExpiry()); err != nil {
		return errs.BadParam("verification.expiry", "must be a year and a month, as in 2029-11")
	}
	return nil
}

// PINTried tells whether somebody has entered a PIN, and whether it was right.
func PINTried(v *cardprocessingproto.Verification) (tried, verified bool) {
	verified = v.GetPin() == cardprocessingproto.PINResult_PIN_RESULT_VERIFIED
	return verified || v.GetPin() == cardprocessingproto.PINResult_PIN_RESULT_WRONG, verified
}

// verified is what was found of what was presented with the card, in order: its date, its chip, its code, its PIN,
// where its holder lives. Nothing is looked at that nobody has told.
func verified(card *cardsproto.Card, use Use) []check {
	v := use.Verification
	var checks []check
	if v.GetExpiry() != "" {
		c := check{name: "expiry_matches", input: v.GetExpiry()}
		if v.GetExpiry() != expiryOf(card) {
			c.refusal = balanceproto.DeclineReason_DECLINE_REASON_WRONG_EXPIRY
		}
		checks = append(checks, c)
	}
	result := func(name string, found cardprocessingproto.CheckResult, mismatch balanceproto.DeclineReason) {
		if found == cardprocessingproto.CheckResult_CHECK_RESULT_UNSPECIFIED {
			return
		}
		c := check{name: name, input: strings.TrimPrefix(found.String(), "CHECK_RESULT_")}
		if found == cardprocessingproto.CheckResult_CHECK_RESULT_NO_MATCH {
			c.refusal = mismatch
		}
		checks = append(checks, c)
	}
	result("cryptogram", v.GetCryptogram(), balanceproto.DeclineReason_DECLINE_REASON_BAD_CRYPTOGRAM)
	result("cvv", v.GetCvv(), balanceproto.DeclineReason_DECLINE_REASON_BAD_CVV)
	checks = append(checks, pinChecks(v.GetPin(), use.PIN)...)
	result("address", v.GetAddress(), noRefusal) // What a mismatch means is the merchant's to say. It is kept.
	return checks
}

// expiryOf is a card's last month, as in 2029-11.
func expiryOf(card *cardsproto.Card) string {
	return fmt.Sprintf("%04d-%02d", card.GetExpiresYear(), card.GetExpiresMonth())
}

// pinChecks is what was found of the PIN, none if nobody tells.
func pinChecks(found cardprocessingproto.PINResult, tried *cardsproto.TryPINResponse) []check {
	if found == cardprocessingproto.PINResult_PIN_RESULT_UNSPECIFIED {
		return nil
	}
	c := check{name: "pin", input: strings.TrimPrefix(found.String(), "PIN_RESULT_")}
	switch {
	case tried.GetBlocked():
		c.input, c.refusal = "BLOCKED", balanceproto.DeclineReason_DECLINE_REASON_PIN_TRIES_EXCEEDED
	case found == cardprocessingproto.PINResult_PIN_RESULT_TRIES_EXCEEDED:
		c.refusal = balanceproto.DeclineReason_DECLINE_REASON_PIN_TRIES_EXCEEDED
	case found == cardprocessingproto.PINResult_PIN_RESULT_WRONG:
		c.input = fmt.Sprintf("WRONG, %d of %d", tried.GetWrong(), tried.GetAllowed())
		c.refusal = balanceproto.DeclineReason_DECLINE_REASON_WRONG_PIN
	}
	return []check{c}
}
