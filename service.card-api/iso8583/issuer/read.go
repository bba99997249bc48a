package issuer

import (
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"farthing/pkg/clock"
	"farthing/pkg/money"
	moneyproto "farthing/pkg/money/proto"
	"farthing/pkg/pan"
	"farthing/service.card-api/iso8583"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// sheet is a message being read. It keeps the first thing that is wrong.
type sheet struct {
	iso8583.Message
	clock clock.Clock
	err   error
}

func missing(number int) error { return &iso8583.FormatError{Field: number, Rule: "is missing"} }

func (s *sheet) fault(number int, rule string) {
	if s.err == nil {
		s.err = &iso8583.FormatError{Field: number, Rule: rule}
	}
}

// required is an element that must be there.
func (s *sheet) required(number int) string {
	value := s.Text(number)
	if value == "" && s.err == nil {
		s.err = missing(number)
	}
	return value
}

// about is the message's ids, card and original: what every message about a card has. The original is nil if it names
// none.
func (s *sheet) about() (*cardprocessingproto.Message, *cardprocessingproto.Original) {
	number, token := s.card()
	ids := &cardprocessingproto.NetworkIDs{
		AcquirerId: s.required(iso8583.Acquirer), Stan: s.required(iso8583.STAN), Rrn: s.required(iso8583.RRN),
		TerminalId:    s.required(iso8583.Terminal),
		TransmittedMs: s.moment(iso8583.TransmittedAt, s.required(iso8583.TransmittedAt)),
	}
	s.expiry()
	return &cardprocessingproto.Message{Network: ids, CardNumber: number, CardId: token}, s.original(ids)
}

// card is the card's number, or the token that stands for it.
func (s *sheet) card() (number, token string) {
	token = s.Text(iso8583.CardToken)
	switch {
	case s.Has(iso8583.PAN) && token != "":
		s.fault(iso8583.CardToken, "excludes field 2")
	case s.Has(iso8583.PAN):
		parsed, err := pan.Parse("card_number", s.Get(iso8583.PAN))
		if err != nil && s.err == nil {
			s.err = &refusal{iso8583.InvalidCard}
		}
		return parsed.Reveal(), ""
	case token == "":
		s.fault(iso8583.PAN, "is missing")
	}
	return "", token
}

// expiry is the card's date as it was sent, 2029-11; "" if it was not. The bank compares.
func (s *sheet) expiry() string {
	const century = "20"
	written := s.Get(iso8583.Expiry)
	if written == "" {
		return ""
	}
	month, err := time.Parse("200601", century+written)
	if err != nil {
		s.fault(iso8583.Expiry, "is no YYMM")
		return ""
	}
	return month.Format("2006-01")
}

// Where the parts of element 90 are.
const (
	originalMTI      = 4
	originalSTAN     = originalMTI + 6
	originalSent     = originalSTAN + 10
	originalAcquirer = originalSent + 11
)

// original is the message that this one is about. Element 90 has its STAN, time and acquirer; its RRN and its terminal
// are this message's own.
func (s *sheet) original(own *cardprocessingproto.NetworkIDs) *cardprocessingproto.Original {
	elements := s.Get(iso8583.OriginalDataElements)
	if elements == "" {
		return nil
	}
	return &cardprocessingproto.Original{Network: s.idsOf(iso8583.OriginalDataElements, elements, own)}
}

// idsOf are the ids of a message that is named in the form of element 90.
func (s *sheet) idsOf(number int, named string, own *cardprocessingproto.NetworkIDs) *cardprocessingproto.NetworkIDs {
	ids := &cardprocessingproto.NetworkIDs{
		AcquirerId: own.GetAcquirerId(), Stan: named[originalMTI:originalSTAN], Rrn: own.GetRrn(),
		TerminalId:    own.GetTerminalId(),
		TransmittedMs: s.moment(number, named[originalSTAN:originalSent]),
	}
	acquirer := strings.TrimLeft(named[originalSent:originalAcquirer], "0") // Filled up with zeros.
	if acquirer != "" && acquirer != strings.TrimLeft(own.GetAcquirerId(), "0") {
		ids.AcquirerId = acquirer
	}
	return ids
}

// moment reads MMDDhhmmss, in UTC, of whichever year is nearest. It answers Unix milliseconds.
func (s *sheet) moment(number int, text string) int64 {
	now := s.clock.Now()
	var nearest time.Time
	for year := now.Year() - 1; year <= now.Year()+1; year++ {
		at, err := time.Parse("20060102150405", strconv.Itoa(year)+text)
		if err == nil && (nearest.IsZero() || at.Sub(now).Abs() < nearest.Sub(now).Abs()) {
			nearest = at
		}
	}
	if nearest.IsZero() {
		s.fault(number, "has no MMDDhhmmss")
	}
	return nearest.UnixMilli()
}

// amounts are the billing amount, and the merchant's if that is another one.
func (s *sheet) amounts() (billing, local *moneyproto.Money) {
	merchants := s.amount(iso8583.TransactionAmount, iso8583.TransactionCurrency)
	if !s.Has(iso8583.BillingAmount) {
		return merchants, nil
	}
	return s.amount(iso8583.BillingAmount, iso8583.BillingCurrency), merchants
}

func (s *sheet) amount(number, currency int) *moneyproto.Money {
	minor, _ := strconv.ParseInt(s.required(number), 10, 64) // Twelve digits.
	code, known := money.OfNumeric(s.required(currency))
	if !known {
		s.fault(currency, "is no currency")
	}
	if minor == 0 {
		s.fault(number, "must be above zero")
	}
	return &moneyproto.Money{Minor: minor, Currency: code}
}

// replacement is what is to be left of an amount, from element 95: 0 if all is given up.
func (s *sheet) replacement() int64 {
	const width = 12 // Of each amount: the transaction's, the settlement's, the billing's.
	elements := s.Get(iso8583.ReplacementAmounts)
	if elements == "" {
		return 0
	}
	amounts := [3]int64{}
	for n := range amounts {
		var err error
		if amounts[n], err = strconv.ParseInt(elements[n*width:(n+1)*width], 10, 64); err != nil || amounts[n] < 0 {
			s.fault(iso8583.ReplacementAmounts, "must be digits")
		}
	}
	switch {
	case !s.Has(iso8583.BillingAmount):
		return amounts[0]
	case amounts[2] == 0 && amounts[0] != 0:
		s.fault(iso8583.ReplacementAmounts, "has no billing amt")
	}
	return amounts[2]
}

// descriptor is how the shop is called. Elements of fixed places are filled with blanks between.
func (s *sheet) descriptor() string {
	return strings.Join(strings.Fields(s.required(iso8583.NameAndLocation)), " ")
}

// country is where the merchant is, in two letters; "" if nobody says. It stands at the end of element 43, in two
// letters or three after a blank, if that is filled to its end; otherwise the acquirer's country, element 19, has
// to do.
func (s *sheet) country() string {
	if place := s.Get(iso8583.NameAndLocation); place != "" && s.Text(iso8583.NameAndLocation) == place {
		words := strings.Fields(place)
		if code, known := regionOf(words[len(words)-1]); known {
			return code
		}
	}
	digits := s.Get(iso8583.AcquirerCountry)
	if digits == "" {
		return ""
	}
	number, _ := strconv.Atoi(digits)
	region, err := language.EncodeM49(number)
	if err != nil || !region.IsCountry() {
		s.fault(iso8583.AcquirerCountry, "is no country")
		return ""
	}
	return region.String()
}

func regionOf(word string) (string, bool) {
	if len(word) != 2 && len(word) != 3 || strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "", false
	}
	region, err := language.ParseRegion(word)
	if err != nil || !region.IsCountry() {
		return "", false
	}
	return region.String(), len(region.String()) == 2
}

// entryMode is how the card was read: the first two digits of element 22, and where nobody was present, element 25.
func (s *sheet) entryMode() cardprocessingproto.EntryMode {
	remote := s.Get(iso8583.ConditionCode) == mailOrder || s.Get(iso8583.ConditionCode) == eCommerce
	mode := s.Get(iso8583.EntryMode)
	switch mode = mode[:min(len(mode), 2)]; {
	case mode == "81", mode == "10", remote:
		return cardprocessingproto.EntryMode_ENTRY_MODE_ONLINE
	case mode == "05", mode == "95":
		return cardprocessingproto.EntryMode_ENTRY_MODE_CHIP
	case mode == "07", mode == "91":
		return cardprocessingproto.EntryMode_ENTRY_MODE_CONTACTLESS
	case mode == "02", mode == "80", mode == "90": // 80 is a chip that could not be read.
		return cardprocessingproto.EntryMode_ENTRY_MODE_MAGSTRIPE
	}
	return cardprocessingproto.EntryMode_ENTRY_MODE_UNSPECIFIED
}

// Conditions of element 25 under which no card is there.
const (
	mailOrder = "08"
	eCommerce = "59"
)

// Indicators of element 60, each a character: "1" for yes.
const (
	acceptsPartial = 0
	moreFollows    = 1
)

func (s *sheet) indicates(place int) bool {
	all := s.Get(iso8583.Indicators)
	return len(all) > place && all[place] == '1'
}

// use is what a card is used for, by the first two digits of element 3.
type use string

const (
	purchase     use = "00"
	withdrawal   use = "01"
	withCashback use = "09"
	cashAdvance  use = "17"
	refund       use = "20"
	available    use = "30"
	inquiry      use = "31"
)

func (s *sheet) use() use {
	return use(s.required(iso8583.ProcessingCode)[:min(2, len(s.Get(iso8583.ProcessingCode)))])
}

// takes tells whether the use takes money, and whether it gives nothing but cash.
func (u use) takes() (money, cash bool) {
	switch u {
	case purchase, withCashback:
		return true, false
	case withdrawal, cashAdvance:
		return true, true
	case refund, available, inquiry:
	}
	return false, false
}

// asks tells whether the use only asks what there is.
func (u use) asks() bool { return u == available || u == inquiry }
