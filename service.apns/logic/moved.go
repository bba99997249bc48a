package logic

import (
	"farthing/pkg/money"
	transactionsproto "farthing/service.transactions/proto"
)

// moved is what the phone says of what is no card payment.
func moved(t *transactionsproto.Transaction, amount money.Amount) string {
	in, out := amount.Symbolic(), amount.Negated().Symbolic()
	switch t.GetStatus() {
	case transactionsproto.Status_STATUS_DECLINED:
		why := transactionsproto.WhyDeclined(t.GetDeclineReason())
		return "Your standing order of " + out + " was not paid: " + why
	case transactionsproto.Status_STATUS_REVERSED:
		return "Your payment was refused by the other bank: the money is back in your account"
	default:
	}
	switch t.GetKind() {
	case transactionsproto.Kind_KIND_PAYMENT_IN:
		return "You received " + in
	case transactionsproto.Kind_KIND_PAYMENT_RETURNED:
		return "Your payment of " + in + " was returned: the money is back in your account"
	case transactionsproto.Kind_KIND_STANDING_ORDER:
		return "Your standing order of " + out + " was paid"
	case transactionsproto.Kind_KIND_POT_DEPOSIT:
		return "You moved " + out + " into your pot"
	case transactionsproto.Kind_KIND_POT_WITHDRAWAL:
		return "You moved " + in + " out of your pot"
	case transactionsproto.Kind_KIND_PAYMENT_OUT, transactionsproto.Kind_KIND_UNSPECIFIED:
	}
	return "You sent " + out
}
