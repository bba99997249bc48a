package cardline

import (
	"strconv"
	"strings"

	"farthing/cmd/farthing/cardedge"
	"farthing/pkg/errs"
	"farthing/pkg/money"
	"farthing/service.card-api/iso8583"
)

// AnswerOf is an answer in the card edge's words. Being declined is one; it fails with a coded error where the
// card edge would: the message was not understood, is not done, or nobody knows.
func AnswerOf(reply iso8583.Message) (cardedge.Answer, error) {
	code, ids := reply.Get(iso8583.ResponseCode), idsOf(reply)
	if err := refusalOf(code, reply); err != nil {
		return cardedge.Answer{}, err
	}
	a := cardedge.Answer{
		Outcome: "declined", DeclineReason: ids["REASON"], AuthorisationID: ids["AUTH"], TransactionID: ids["TX"],
		TraceID: ids["TRACE"],
	}
	if iso8583.IsApproval(code) {
		a.Outcome, a.Amount = "approved", amountOf(reply)
		a.Cashback = additional(reply, "40")
	} else if a.DeclineReason == "" {
		a.DeclineReason = "response code " + code
	}
	a.Balance = additional(reply, "02")
	return a, nil
}

// InquiredOf is AnswerOf for a balance inquiry.
func InquiredOf(reply iso8583.Message) (cardedge.Inquired, error) {
	a, err := AnswerOf(reply)
	return cardedge.Inquired{
		Outcome: a.Outcome, DeclineReason: a.DeclineReason, TraceID: a.TraceID,
		Available: a.Balance, Posted: additional(reply, "01"),
	}, err
}

// refusalOf is what stands for an error, nil for what is an answer.
func refusalOf(code string, reply iso8583.Message) error {
	switch code {
	case iso8583.FormatFault:
		return errs.New(errs.BadRequest+".format", "The bank refuses the message: "+reply.Get(iso8583.AdditionalResponse))
	case iso8583.NotSupported:
		return errs.New(errs.BadRequest+".not_supported", "The bank does not support such a message")
	case iso8583.RecordNotFound:
		return errs.Missing("payment")
	case iso8583.DuplicateMessage:
		return errs.New(errs.Conflict+".message", "The message was sent with another content")
	case iso8583.IssuerInoperative:
		return errs.New(errs.OutcomeUnknown, "The outcome is not known; repeat the same message")
	case iso8583.SystemMalfunction:
		return errs.New(errs.Internal, "Something went wrong in the bank")
	}
	return nil
}

// idsOf are the bank's own names in element 63.
func idsOf(reply iso8583.Message) map[string]string {
	ids := make(map[string]string)
	for each := range strings.FieldsSeq(reply.Get(iso8583.BankIDs)) {
		name, value, _ := strings.Cut(each, "=")
		ids[name] = value
	}
	return ids
}

// amountOf is the billing amount of an answer; nil if it has none.
func amountOf(reply iso8583.Message) *cardedge.Amount {
	number, currency := iso8583.TransactionAmount, iso8583.TransactionCurrency
	if reply.Has(iso8583.BillingAmount) {
		number, currency = iso8583.BillingAmount, iso8583.BillingCurrency
	}
	code, known := money.OfNumeric(reply.Get(currency))
	minor, err := strconv.ParseInt(reply.Get(number), 10, 64)
	if !known || err != nil {
		return nil
	}
	return &cardedge.Amount{Minor: minor, Currency: code}
}

// additional is the amount of a kind among the entries of element 54, each of which has 20 characters; nil for none.
func additional(reply iso8583.Message, of string) *cardedge.Amount {
	const width, kind, currency, way = 20, 2, 4, 7
	entries := reply.Get(iso8583.AdditionalAmounts)
	for ; len(entries) >= width; entries = entries[width:] {
		code, known := money.OfNumeric(entries[currency:way])
		minor, err := strconv.ParseInt(entries[way+1:width], 10, 64)
		if entries[kind:currency] != of || !known || err != nil {
			continue
		}
		if entries[way] == 'D' {
			minor = -minor
		}
		return &cardedge.Amount{Minor: minor, Currency: code}
	}
	return nil
}
