package issuer

import (
	"strconv"
	"strings"

	"farthing/pkg/money"
	moneyproto "farthing/pkg/money/proto"
	"farthing/service.card-api/iso8583"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// rate is what one unit of the merchant's currency is in the account's; "" at home, and if nobody says. Element 10 has
// it; or 9, if what is settled is the account's currency, too.
func (s *sheet) rate() string {
	abroad := s.Has(iso8583.BillingAmount) && s.Get(iso8583.BillingCurrency) != s.Get(iso8583.TransactionCurrency)
	if number := rateOf(s.Message); abroad && number != 0 {
		return s.decimal(number)
	}
	return ""
}

// rateOf is the element that has the rate, 0 for none.
func rateOf(m iso8583.Message) int {
	switch {
	case m.Has(iso8583.BillingRate):
		return iso8583.BillingRate
	case m.Has(iso8583.SettlementRate) && m.Get(iso8583.SettlementCurrency) == m.Get(iso8583.BillingCurrency):
		return iso8583.SettlementRate
	}
	return 0
}

// decimal reads a rate: a digit that tells how many of the seven behind it are decimals. Up to two more would be zeros.
func (s *sheet) decimal(number int) string {
	written := s.Get(number)
	decimals, digits := int(written[0]-'0'), written[1:]
	if strings.Trim(digits, "0") == "" {
		s.fault(number, "must be above zero")
	}
	digits = strings.Repeat("0", max(decimals+1-len(digits), 0)) + digits
	point := len(digits) - decimals
	whole, fraction := strings.TrimLeft(digits[:point], "0"), strings.TrimRight(digits[point:], "0")
	if whole == "" {
		whole = "0"
	}
	if fraction == "" {
		return whole
	}
	return whole + "." + fraction
}

// cashback is, of a purchase with cash, the cash: element 54 has it, in the account's currency. It is nil for another
// use.
func (s *sheet) cashback() *moneyproto.Money {
	if s.use() != withCashback {
		return nil
	}
	currency := iso8583.TransactionCurrency
	if s.Has(iso8583.BillingAmount) {
		currency = iso8583.BillingCurrency
	}
	entries := s.Get(iso8583.AdditionalAmounts)
	for ; len(entries) >= entryWidth; entries = entries[entryWidth:] {
		if entries[entryKind:entryCurrency] != cashAmount || entries[entryCurrency:entryWay] != s.Get(currency) {
			continue
		}
		minor, err := strconv.ParseInt(entries[entryAmount:entryWidth], 10, 64)
		if err != nil || minor <= 0 {
			s.fault(iso8583.AdditionalAmounts, "must be above zero")
		}
		code, _ := money.OfNumeric(s.Get(currency))
		return &moneyproto.Money{Minor: minor, Currency: code}
	}
	s.fault(iso8583.AdditionalAmounts, "has no amount 40")
	return nil
}

// Where element 61 says what was found of what: each a letter.
const (
	foundCVV = iota
	foundCryptogram
	foundPIN
	foundAddress
	foundEnd
)

// verification is what others have found of what was presented with the card, nil if nobody tells. It is results;
// the values are read past.
func (s *sheet) verification() *cardprocessingproto.Verification {
	all := s.Text(iso8583.Findings)
	expiry := s.expiry()
	if all == "" && expiry == "" {
		return nil
	}
	if len(all) > foundEnd {
		s.fault(iso8583.Findings, "has too many results")
	}
	all += strings.Repeat(" ", max(foundEnd-len(all), 0))
	return &cardprocessingproto.Verification{
		Expiry: expiry, Cvv: s.found(all[foundCVV]), Cryptogram: s.found(all[foundCryptogram]),
		Pin: s.foundPIN(all[foundPIN]), Address: s.found(all[foundAddress]),
	}
}

func (s *sheet) found(letter byte) cardprocessingproto.CheckResult {
	switch letter {
	case ' ':
	case 'M':
		return cardprocessingproto.CheckResult_CHECK_RESULT_MATCH
	case 'N':
		return cardprocessingproto.CheckResult_CHECK_RESULT_NO_MATCH
	case 'U':
		return cardprocessingproto.CheckResult_CHECK_RESULT_NOT_CHECKED
	default:
		s.fault(iso8583.Findings, "has no such result")
	}
	return cardprocessingproto.CheckResult_CHECK_RESULT_UNSPECIFIED
}

func (s *sheet) foundPIN(letter byte) cardprocessingproto.PINResult {
	switch letter {
	case ' ':
	case 'M':
		return cardprocessingproto.PINResult_PIN_RESULT_VERIFIED
	case 'N':
		return cardprocessingproto.PINResult_PIN_RESULT_WRONG
	case 'U':
		return cardprocessingproto.PINResult_PIN_RESULT_NOT_TRIED
	case 'X':
		return cardprocessingproto.PINResult_PIN_RESULT_TRIES_EXCEEDED
	default:
		s.fault(iso8583.Findings, "has no such result")
	}
	return cardprocessingproto.PINResult_PIN_RESULT_UNSPECIFIED
}

// Element 56 names messages beside 90's: each a letter, and what 90 would say.
const (
	thePurchase      = 'P'
	theAuthorisation = 'A' // Of a refund.
	namedWidth       = 1 + 42
)

// named are the messages of element 56, nil where it names none.
func (s *sheet) named(own *cardprocessingproto.NetworkIDs) (bought, promised *cardprocessingproto.NetworkIDs) {
	all := s.Text(iso8583.MoreOriginals)
	if len(all)%namedWidth != 0 {
		s.fault(iso8583.MoreOriginals, "must name messages")
		return nil, nil
	}
	for ; all != ""; all = all[namedWidth:] {
		ids := s.idsOf(iso8583.MoreOriginals, all[1:namedWidth], own)
		switch all[0] {
		case thePurchase:
			bought = ids
		case theAuthorisation:
			promised = ids
		default:
			s.fault(iso8583.MoreOriginals, "must begin with A or P")
		}
		if strings.Trim(all[1:namedWidth], "0123456789") != "" {
			s.fault(iso8583.MoreOriginals, "must be digits")
		}
	}
	return bought, promised
}
