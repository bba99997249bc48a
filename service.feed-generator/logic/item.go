// Package logic says how a transaction reads in the feed.
package logic

import (
	"strings"
	"time"

	"farthing/pkg/id"
	"farthing/pkg/money"
	moneyproto "farthing/pkg/money/proto"
	feedproto "farthing/service.feed/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// ItemOf is the feed item of a transaction: the same one for each of its versions, at the transaction's time.
func ItemOf(t *transactionsproto.Transaction) *feedproto.Item {
	return &feedproto.Item{
		Id:        id.Derived("feed", time.UnixMilli(t.GetCreatedMs()), t.GetId()),
		Type:      feedproto.TypeTransaction,
		AccountId: t.GetAccountId(), TransactionId: t.GetId(), CreatedMs: t.GetCreatedMs(), Version: t.GetVersion(),
		Title: title(t), Body: body(t), Emoji: emoji(t), ImageUrl: t.GetMerchant().GetLogoUrl(),
		Amount: t.GetAmount(), UserId: t.GetUserId(), Personal: t.GetCounterparty() != nil,
		UpdatedMs: t.GetUpdatedMs(),
	}
}

func title(t *transactionsproto.Transaction) string {
	if name := t.GetCounterparty().GetName(); name != "" {
		return name
	}
	if name := t.GetMerchant().GetName(); name != "" {
		return name
	}
	return t.GetDescriptor_()
}

// body is the category of a payment, of a declined one the reason, and of one that came to nothing how.
func body(t *transactionsproto.Transaction) string {
	if said := disputed(t.GetDispute()); said != "" {
		return said
	}
	if t.GetRefund() {
		return abroad(refund(t), t)
	}
	if t.GetKind() != transactionsproto.Kind_KIND_UNSPECIFIED {
		return moved(t)
	}
	switch t.GetStatus() {
	case transactionsproto.Status_STATUS_DECLINED:
		return "Declined: " + transactionsproto.WhyDeclined(t.GetDeclineReason())
	case transactionsproto.Status_STATUS_REVERSED:
		return reversed(t)
	case transactionsproto.Status_STATUS_EXPIRED:
		return "Never collected: the money is back in your account"
	default:
	}
	what := spoken(t.GetCategory())
	if t.GetAmount().GetMinor() > 0 {
		what = "Refund"
	}
	return withCash(abroad(what, t), t.GetCashback())
}

// reversed is how a payment that takes nothing any more came to that.
func reversed(t *transactionsproto.Transaction) string {
	switch {
	case t.GetAttached(): // No money is back: the other payment has it.
		return "Matched to your earlier payment: you have paid once"
	case t.GetLocalAmount().GetMinor() > 0: // What the merchant had sent back.
		return "Refund cancelled: it was not meant for you"
	default:
		return "Cancelled: the money is back in your account"
	}
}

// refund is how far one has come.
func refund(t *transactionsproto.Transaction) string {
	switch t.GetStatus() {
	case transactionsproto.Status_STATUS_PENDING:
		return "Refund on its way"
	case transactionsproto.Status_STATUS_REVERSED:
		if t.GetAttached() {
			return "Refund matched to your earlier payment"
		}
		if t.GetSettledMs() > 0 {
			return "Refund taken back"
		}
		return "Refund cancelled by the merchant"
	case transactionsproto.Status_STATUS_EXPIRED:
		return "Refund not received: please ask the merchant about it"
	default:
		return "Refund"
	}
}

// abroad adds what the merchant charged in another currency, if it did.
func abroad(what string, t *transactionsproto.Transaction) string {
	local := t.GetLocalAmount()
	if local.GetMinor() == 0 || local.GetCurrency() == t.GetAmount().GetCurrency() {
		return what
	}
	charged := money.Amount{Minor: max(local.GetMinor(), -local.GetMinor()), Currency: local.GetCurrency()}.Symbolic()
	if what == "" {
		return charged
	}
	return what + ", " + charged
}

// withCash adds the cash that a purchase gave beside, if it did.
func withCash(what string, cashback *moneyproto.Money) string {
	if cashback.GetMinor() == 0 {
		return what
	}
	cash := money.Amount{Minor: -cashback.GetMinor(), Currency: cashback.GetCurrency()}.Symbolic() + " cash"
	if what == "" {
		return "With " + cash
	}
	return what + ", with " + cash
}

// disputed is what a transaction shows of a dispute; empty if it shows nothing of one.
func disputed(shows string) string {
	switch shows {
	case "open":
		return "Disputed: we are looking into it"
	case "credited":
		return "Disputed: you have the money back while we look into it"
	case "won":
		return "Dispute won: the money is yours to keep"
	case "lost":
		return "Dispute lost: the payment stands"
	case "provisional_credit":
		return "Temporary credit while we look into your dispute"
	case "credit":
		return "Credit for the dispute you won"
	case "credit_taken_back":
		return "Temporary credit taken back: the dispute was lost"
	}
	return ""
}

// spoken is a category as people say it: eating_out is "Eating out".
func spoken(category string) string {
	words := strings.ReplaceAll(category, "_", " ")
	if words == "" {
		return ""
	}
	return strings.ToUpper(words[:1]) + words[1:]
}
