// Package logic says how a transaction reads in the feed.
package logic

import (
	"strings"
	"time"

	"farthing/pkg/id"
	feedproto "farthing/service.feed/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// ItemOf is the feed item of a transaction: the same one for each of its versions, at the transaction's time.
func ItemOf(t *transactionsproto.Transaction) *feedproto.Item {
	return &feedproto.Item{
		Id:        id.Derived("feed", time.UnixMilli(t.GetCreatedMs()), t.GetId()),
		Type:      "transaction",
		AccountId: t.GetAccountId(), TransactionId: t.GetId(), CreatedMs: t.GetCreatedMs(), Version: t.GetVersion(),
		Title: title(t), Body: body(t), Emoji: emoji(t), ImageUrl: t.GetMerchant().GetLogoUrl(),
		Amount: t.GetAmount(), UserId: t.GetUserId(), Personal: t.GetCounterparty() != nil,
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
	if t.GetKind() != transactionsproto.Kind_KIND_UNSPECIFIED {
		return moved(t)
	}
	switch t.GetStatus() {
	case transactionsproto.Status_STATUS_DECLINED:
		return "Declined: " + explained(t.GetDeclineReason())
	case transactionsproto.Status_STATUS_REVERSED:
		return "Cancelled: the money is back in your account"
	case transactionsproto.Status_STATUS_EXPIRED:
		return "Never collected: the money is back in your account"
	default:
	}
	if t.GetAmount().GetMinor() > 0 {
		return "Refund"
	}
	return spoken(t.GetCategory())
}

// explained is a reason in the customer's words.
func explained(reason string) string {
	switch reason {
	case "insufficient_funds":
		return "there was not enough money in your account"
	case "card_frozen":
		return "your card is frozen"
	case "card_closed":
		return "this card is closed"
	case "card_expired":
		return "this card has expired"
	case "limit_payment":
		return "it is more than you allow for one payment"
	case "limit_day":
		return "it would go over your limit for the day"
	case "limit_week":
		return "it would go over your limit for the week"
	case "limit_month":
		return "it would go over your limit for the month"
	case "limit_cash_day":
		return "it would go over your limit for cash in a day"
	case "merchant_blocked":
		return "you have blocked this kind of merchant"
	case "country_blocked":
		return "you have blocked this country"
	case "online_blocked", "contactless_blocked", "magstripe_blocked":
		return "you have blocked payments of this kind"
	case "reversed":
		return "it was cancelled before it was made"
	case "timed_out":
		return "we could not answer in time"
	}
	return "we could not accept it"
}

// spoken is a category as people say it: eating_out is "Eating out".
func spoken(category string) string {
	words := strings.ReplaceAll(category, "_", " ")
	if words == "" {
		return ""
	}
	return strings.ToUpper(words[:1]) + words[1:]
}
