package logic

import (
	"cmp"

	transactionsproto "farthing/service.transactions/proto"
)

// moved is how what is no card payment reads: what the payer wrote, or else what sort of thing it was.
func moved(t *transactionsproto.Transaction) string {
	switch t.GetStatus() {
	case transactionsproto.Status_STATUS_DECLINED:
		return "Standing order not paid: " + transactionsproto.WhyDeclined(t.GetDeclineReason())
	case transactionsproto.Status_STATUS_REVERSED:
		return "Refused by the other bank: the money is back in your account"
	default:
	}
	switch t.GetKind() {
	case transactionsproto.Kind_KIND_PAYMENT_IN:
		return cmp.Or(t.GetNotes(), "Payment received")
	case transactionsproto.Kind_KIND_PAYMENT_OUT:
		return cmp.Or(t.GetNotes(), "Payment sent")
	case transactionsproto.Kind_KIND_PAYMENT_RETURNED:
		return "Payment returned: the money is back in your account"
	case transactionsproto.Kind_KIND_STANDING_ORDER:
		return cmp.Or(t.GetNotes(), "Standing order")
	case transactionsproto.Kind_KIND_POT_DEPOSIT:
		return "Moved into your pot"
	case transactionsproto.Kind_KIND_POT_WITHDRAWAL:
		return "Moved out of your pot"
	case transactionsproto.Kind_KIND_UNSPECIFIED:
	}
	return ""
}

func emoji(t *transactionsproto.Transaction) string {
	switch t.GetKind() {
	case transactionsproto.Kind_KIND_PAYMENT_IN, transactionsproto.Kind_KIND_PAYMENT_OUT:
		return "💷"
	case transactionsproto.Kind_KIND_PAYMENT_RETURNED:
		return "↩️"
	case transactionsproto.Kind_KIND_STANDING_ORDER:
		return "📅"
	case transactionsproto.Kind_KIND_POT_DEPOSIT, transactionsproto.Kind_KIND_POT_WITHDRAWAL:
		return "🏺"
	case transactionsproto.Kind_KIND_UNSPECIFIED:
	}
	return t.GetMerchant().GetEmoji()
}
