package cardline

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/language"

	"farthing/cmd/farthing/cardedge"
	"farthing/pkg/errs"
	"farthing/pkg/money"
	"farthing/service.card-api/iso8583"
)

// merchant is who accepts the card, in element 42.
const merchant = "FARTHING CLI"

const descriptorMax = 40

// Authorisation is an authorisation as a network asks: 0100, or 0120 if it is an advice. It fails naming the field that
// a network cannot say.
func Authorisation(a cardedge.Authorisation) (iso8583.Message, error) {
	if a.Advice {
		return payment("0120", a)
	}
	return payment("0100", a)
}

// Sale is an authorisation that is collected at the same time: 0200.
func Sale(a cardedge.Authorisation) (iso8583.Message, error) { return payment("0200", a) }

func payment(mti string, a cardedge.Authorisation) (iso8583.Message, error) {
	if a.Network == nil {
		return iso8583.Message{}, errs.BadParam("processor_id", "is nothing that ISO 8583 can say")
	}
	entry, known := map[string]string{
		"": "", "chip": "051", "contactless": "071", "magstripe": "901", "online": "810",
	}[a.EntryMode]
	if !known {
		return iso8583.Message{}, errs.BadParam("entry_mode", "must be chip, contactless, magstripe or online")
	}
	country, err := countryOf(a.Country)
	if err != nil {
		return iso8583.Message{}, err
	}
	m := about(mti, *a.Network, a.CardID).With(iso8583.ProcessingCode, "000000").
		With(iso8583.EntryMode, entry).With(iso8583.AcquirerCountry, country).With(iso8583.MerchantType, a.MCC)
	if a.Cash {
		m.Set(iso8583.ProcessingCode, "010000")
	}
	if a.Partial {
		m.Set(iso8583.Indicators, "10")
	}
	for _, set := range []func() error{
		func() error { return setShop(m, a.Descriptor) },
		func() error { return setAmounts(m, &a.Amount, a.LocalAmount, a.Rate) },
		func() error { return setCashback(m, a.Cashback) },
		func() error { return setVerification(m, a.Verification) },
	} {
		if err := set(); err != nil {
			return iso8583.Message{}, err
		}
	}
	return m, nil
}

// Original is what a network knows of the message that a follow-up is about.
type Original struct {
	MTI     string // Of the message that it was.
	Network cardedge.Network
	Amount  cardedge.Amount // That it was about: a reversal of a part says what is left of it.
}

// FollowUp is a follow-up to one of the card edge's routes as a network sends it: 0420 for "reversals" and
// "refund-reversals", 0100 for "increments" and "refund-authorisations", 0120 for "advices", 0220 for "clearings", and
// 0200 for "refunds". The original is nil if it has none.
func FollowUp(route string, f cardedge.FollowUp, of *Original) (iso8583.Message, error) {
	mti, known := map[string]string{
		"reversals": "0420", "increments": "0100", "advices": "0120", "clearings": "0220", "refunds": "0200",
		"refund-authorisations": "0100", "refund-reversals": "0420",
	}[route]
	switch {
	case !known:
		return iso8583.Message{}, errs.BadParam("route", "is none that ISO 8583 has a message for")
	case f.Network == nil:
		return iso8583.Message{}, errs.BadParam("processor_id", "is nothing that ISO 8583 can say")
	}
	m := about(mti, *f.Network, f.CardID).With(iso8583.ProcessingCode, "000000").With(iso8583.MerchantType, f.MCC)
	if strings.HasPrefix(route, "refund") {
		m.Set(iso8583.ProcessingCode, "200000")
	}
	if f.MoreFollows {
		m.Set(iso8583.Indicators, "01")
	}
	if route == "refund-reversals" {
		return m, setRefund(m, f, of)
	}
	if of != nil {
		setOriginal(m, *of)
	}
	if err := setPromise(m, f.RefundAuthorisation); err != nil {
		return iso8583.Message{}, err
	}
	if f.Descriptor != "" {
		if err := setShop(m, f.Descriptor); err != nil {
			return iso8583.Message{}, err
		}
	}
	if route == "reversals" && of != nil && f.Amount != nil {
		m.Set(iso8583.ReplacementAmounts, fmt.Sprintf("%012d%030d", of.Amount.Minor-f.Amount.Minor, 0))
		f.Amount = &of.Amount
	}
	return m, setAmounts(m, f.Amount, f.LocalAmount, f.Rate)
}

// about is a message with its ids and its card. Times go to the second.
func about(mti string, n cardedge.Network, cardID string) iso8583.Message {
	at := n.TransmittedAt.UTC()
	return iso8583.New(mti).With(iso8583.CardToken, cardID).With(iso8583.STAN, n.STAN).With(iso8583.RRN, n.RRN).
		With(iso8583.Acquirer, n.AcquirerID).With(iso8583.Terminal, n.TerminalID).With(iso8583.Merchant, merchant).
		With(iso8583.TransmittedAt, at.Format("0102150405")).With(iso8583.LocalTime, at.Format("150405")).
		With(iso8583.LocalDate, at.Format("0102"))
}

// setOriginal names the original by its RRN and terminal as well, which a network's follow-up has of it.
func setOriginal(m iso8583.Message, of Original) {
	m.Set(iso8583.RRN, of.Network.RRN)
	m.Set(iso8583.Terminal, of.Network.TerminalID)
	m.Set(iso8583.OriginalDataElements, named(of.MTI, of.Network))
}

// named is a message as element 90 names it.
func named(mti string, n cardedge.Network) string {
	return mti + zeros(n.STAN, 6) + n.TransmittedAt.UTC().Format("0102150405") + zeros(n.AcquirerID, 11) + zeros("", 11)
}

// zeros fills digits up.
func zeros(digits string, length int) string {
	return strings.Repeat("0", max(length-len(digits), 0)) + digits
}

func setShop(m iso8583.Message, descriptor string) error {
	if utf8.RuneCountInString(descriptor) > descriptorMax {
		return errs.BadParam("descriptor", "must have at most 40 characters in ISO 8583")
	}
	m.Set(iso8583.NameAndLocation, descriptor)
	return nil
}

// setAmounts sets the billing amount where the merchant's is another, with its rate, and otherwise the merchant's.
func setAmounts(m iso8583.Message, amount, local *cardedge.Amount, rate string) error {
	if amount == nil {
		return nil
	}
	if local == nil {
		if rate != "" {
			return errs.BadParam("conversion_rate", "needs a local amount")
		}
		return setAmount(m, iso8583.TransactionAmount, iso8583.TransactionCurrency, *amount)
	}
	if err := setAmount(m, iso8583.BillingAmount, iso8583.BillingCurrency, *amount); err != nil {
		return err
	}
	if err := setRate(m, rate); err != nil {
		return err
	}
	return setAmount(m, iso8583.TransactionAmount, iso8583.TransactionCurrency, *local)
}

func setAmount(m iso8583.Message, number, currency int, amount cardedge.Amount) error {
	code, known := money.Numeric(amount.Currency)
	if !known {
		return errs.BadParam("currency", "must be an ISO 4217 code")
	}
	m.Set(number, strconv.FormatInt(amount.Minor, 10))
	m.Set(currency, code)
	return nil
}

// countryOf is a country's numeric code, "" for "".
func countryOf(alpha string) (string, error) {
	if alpha == "" {
		return "", nil
	}
	region, err := language.ParseRegion(alpha)
	if err != nil || region.M49() == 0 || region.String() != alpha {
		return "", errs.BadParam("country", "must be two capital letters, ISO 3166-1 alpha-2")
	}
	return fmt.Sprintf("%03d", region.M49()), nil
}
