package cardline

import (
	"fmt"
	"strings"

	"farthing/cmd/farthing/cardedge"
	"farthing/pkg/errs"
	"farthing/pkg/money"
	"farthing/service.card-api/iso8583"
)

// Inquiry is a balance inquiry as a network asks: 0100.
func Inquiry(q cardedge.Inquiry) (iso8583.Message, error) {
	if q.Network == nil {
		return iso8583.Message{}, errs.BadParam("processor_id", "is nothing that ISO 8583 can say")
	}
	m := about("0100", *q.Network, q.CardID).With(iso8583.ProcessingCode, "300000")
	return m, setVerification(m, q.Verification)
}

// rateDigits are those of element 10 behind the one that says how many of them are decimals.
const rateDigits = 7

// setRate sets what one unit of the merchant's currency is in the account's.
func setRate(m iso8583.Message, rate string) error {
	if rate == "" {
		return nil
	}
	whole, fraction, _ := strings.Cut(rate, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if strings.Trim(digits, "0123456789") != "" || len(digits) > rateDigits || len(fraction) > 9 {
		return errs.BadParam("conversion_rate", "must be a decimal of at most 7 digits in ISO 8583")
	}
	m.Set(iso8583.BillingRate, fmt.Sprintf("%d%s", len(fraction), zeros(digits, rateDigits)))
	return nil
}

// setCashback says how much of a purchase is cash.
func setCashback(m iso8583.Message, cash *cardedge.Amount) error {
	if cash == nil {
		return nil
	}
	code, known := money.Numeric(cash.Currency)
	if !known {
		return errs.BadParam("cashback.currency", "must be an ISO 4217 code")
	}
	m.Set(iso8583.ProcessingCode, "090000")
	m.Set(iso8583.AdditionalAmounts, fmt.Sprintf("0040%sD%012d", code, cash.Minor))
	return nil
}

// setVerification sets the card's date and what was found.
func setVerification(m iso8583.Message, v *cardedge.Verification) error {
	if v == nil {
		return nil
	}
	if v.Expiry != "" {
		const century, length = "20", len("2029-11")
		if len(v.Expiry) != length || !strings.HasPrefix(v.Expiry, century) || v.Expiry[4] != '-' {
			return errs.BadParam("verification.expiry", "must be a year and a month, as in 2029-11")
		}
		m.Set(iso8583.Expiry, v.Expiry[2:4]+v.Expiry[5:])
	}
	var letters strings.Builder
	for _, each := range []struct{ field, word string }{
		{"cvv", v.CVV}, {"cryptogram", v.Cryptogram}, {"pin", v.PIN}, {"address", v.Address},
	} {
		letter, known := map[string]string{"": " ", "match": "M", "no_match": "N", "not_checked": "U"}[each.word]
		if each.field == "pin" {
			letter, known = map[string]string{
				"": " ", "verified": "M", "wrong": "N", "not_tried": "U", "tries_exceeded": "X",
			}[each.word]
		}
		if !known {
			return errs.BadParam("verification."+each.field, "is not a result that there is")
		}
		letters.WriteString(letter)
	}
	m.Set(iso8583.Findings, strings.TrimRight(letters.String(), " "))
	return nil
}

// setPromise names a refund's authorisation.
func setPromise(m iso8583.Message, promise *cardedge.Named) error {
	if promise == nil {
		return nil
	}
	if promise.Network == nil {
		return errs.BadParam("refund_authorisation.processor_id", "is nothing that ISO 8583 can say")
	}
	m.Set(iso8583.MoreOriginals, m.Get(iso8583.MoreOriginals)+"A"+named("0100", *promise.Network))
	return nil
}

// setRefund names what the reversal of a refund is about: the refund or its authorisation; and the purchase, if it has
// one.
func setRefund(m iso8583.Message, f cardedge.FollowUp, bought *Original) error {
	reversed, mti := f.Refund, "0200"
	if reversed == nil {
		reversed, mti = f.RefundAuthorisation, "0100"
	} else if err := setPromise(m, f.RefundAuthorisation); err != nil {
		return err
	}
	if reversed == nil || reversed.Network == nil {
		return errs.BadParam("refund.processor_id", "is nothing that ISO 8583 can say")
	}
	if bought != nil {
		m.Set(iso8583.MoreOriginals, m.Get(iso8583.MoreOriginals)+"P"+named(bought.MTI, bought.Network))
	}
	setOriginal(m, Original{MTI: mti, Network: *reversed.Network})
	return nil
}
