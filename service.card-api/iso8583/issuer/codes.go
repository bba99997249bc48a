package issuer

import (
	"farthing/pkg/errs"
	"farthing/service.card-api/iso8583"
)

// reasons are the response codes of declines. Spending limits are all amounts, so none is "65": that code counts
// payments, and asks a European terminal for another try with a PIN.
var reasons = map[string]string{
	"insufficient_funds": iso8583.InsufficientFunds,

	"card_frozen":  iso8583.RestrictedCard,
	"card_closed":  iso8583.CardDeactivated,
	"card_expired": iso8583.ExpiredCard,
	"wrong_expiry": iso8583.ExpiredCard,
	"unknown_card": iso8583.InvalidCard,

	"wrong_pin":          iso8583.WrongPIN,
	"pin_tries_exceeded": iso8583.PINTriesExceeded,
	"bad_cvv":            iso8583.WrongCVV,
	"bad_cryptogram":     iso8583.WrongCryptogram,

	"limit_payment":  iso8583.ExceedsLimit,
	"limit_day":      iso8583.ExceedsLimit,
	"limit_week":     iso8583.ExceedsLimit,
	"limit_month":    iso8583.ExceedsLimit,
	"limit_cash_day": iso8583.ExceedsLimit,
	"limit_cashback": iso8583.ExceedsLimit,

	"merchant_blocked":    iso8583.NotPermitted,
	"country_blocked":     iso8583.NotPermitted,
	"online_blocked":      iso8583.NotPermitted,
	"contactless_blocked": iso8583.NotPermitted,
	"magstripe_blocked":   iso8583.NotPermitted,

	"reversed":      iso8583.NoActionTaken,
	"payment_ended": iso8583.NoActionTaken,
	"timed_out":     iso8583.DoNotHonour,
}

// codeOfDecline is the response code of a decline's reason. One that this version does not know is a decline all the
// same.
func codeOfDecline(reason string) string {
	if code, known := reasons[reason]; known {
		return code
	}
	return iso8583.DoNotHonour
}

// codeOf is the response code of an error. Whether nothing was done or nobody knows makes no difference to a
// network: it reverses.
func codeOf(err *errs.Error) string {
	switch err.Class() {
	case errs.NotFound:
		if errs.Is(err, errs.NotFound+".card") {
			return iso8583.InvalidCard
		}
		return iso8583.RecordNotFound
	case errs.Conflict:
		return iso8583.DuplicateMessage
	case errs.Timeout, errs.Unavailable, errs.RateLimited:
		return iso8583.IssuerInoperative
	}
	return iso8583.SystemMalfunction
}

// faultOf is a bad request in the network's terms: the element that holds the field.
func faultOf(m iso8583.Message, err *errs.Error) *iso8583.FormatError {
	amount, currency := iso8583.TransactionAmount, iso8583.TransactionCurrency
	if m.Has(iso8583.BillingAmount) {
		amount, currency = iso8583.BillingAmount, iso8583.BillingCurrency
	}
	number, known := map[string]int{
		"card_number": iso8583.PAN, "card_id": iso8583.CardToken,
		"amount": amount, "amount.minor": amount, "amount.currency": currency, "currency": currency,
		"local_amount.minor": iso8583.TransactionAmount, "local_amount.currency": iso8583.TransactionCurrency,
		"descriptor": iso8583.NameAndLocation, "mcc": iso8583.MerchantType, "country": iso8583.AcquirerCountry,
		"network.acquirer_id": iso8583.Acquirer, "network.stan": iso8583.STAN, "network.rrn": iso8583.RRN,
		"network.terminal_id": iso8583.Terminal, "network.transmitted_at": iso8583.TransmittedAt,
		"conversion_rate": rateOf(m), "verification.expiry": iso8583.Expiry, "cashback": iso8583.AdditionalAmounts,
		"cashback.minor": iso8583.AdditionalAmounts, "cashback.currency": iso8583.AdditionalAmounts,
	}[err.Params["field"]]
	if !known {
		number = iso8583.OriginalDataElements
	}
	return &iso8583.FormatError{Field: number, Rule: "is not acceptable"}
}
