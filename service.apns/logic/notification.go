// Package logic says what a customer's phone shows, and when it is too late to show it.
package logic

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"farthing/pkg/events"
	"farthing/pkg/money"
	transactionsproto "farthing/service.transactions/proto"
)

// staleAfter is how old news may be: a phone that buzzes for yesterday's coffee helps nobody.
const staleAfter = time.Hour

// Stale tells whether it is too late to push an event, by real time: it happened or was published over an hour ago.
func Stale(e events.Event, now time.Time) bool {
	return now.Sub(e.OccurredAt) > staleAfter || now.Sub(e.PublishedAt) > staleAfter
}

// ApnsID names a push to a device: a repeat carries the same, so that Apple and the phone see one. It is a UUID of
// version 8 (RFC 9562), from a hash.
func ApnsID(eventID, deviceID string) string {
	sum := sha256.Sum256([]byte(eventID + "/" + deviceID))
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	text := hex.EncodeToString(sum[:16])
	return fmt.Sprintf("%s-%s-%s-%s-%s", text[:8], text[8:12], text[12:16], text[16:20], text[20:])
}

type payload struct {
	APS           aps    `json:"aps"`
	TransactionID string `json:"transaction_id"`
	AccountID     string `json:"account_id"`
}

type aps struct {
	Alert    alert  `json:"alert"`
	Sound    string `json:"sound"`
	ThreadID string `json:"thread-id"` // Notifications of one account are shown together.
}

type alert struct {
	Title string `json:"title"`
	Body  string `json:"body"`
}

// Payload is what Apple delivers: who was paid and how much, and neither a card number nor a balance.
func Payload(t *transactionsproto.Transaction) (json.RawMessage, error) {
	return json.Marshal(payload{
		APS:           aps{Alert: alert{title(t), body(t)}, Sound: "default", ThreadID: t.GetAccountId()},
		TransactionID: t.GetId(), AccountID: t.GetAccountId(),
	})
}

func title(t *transactionsproto.Transaction) string {
	name := cmp.Or(t.GetMerchant().GetName(), t.GetCounterparty().GetName(), t.GetDescriptor_())
	if emoji := t.GetMerchant().GetEmoji(); emoji != "" {
		return emoji + " " + name
	}
	return name
}

func body(t *transactionsproto.Transaction) string {
	amount := money.Amount{Minor: t.GetAmount().GetMinor(), Currency: t.GetAmount().GetCurrency()}
	if t.GetRefund() {
		return refund(t, amount)
	}
	paid := amount.Negated().Symbolic()
	switch t.GetDispute() {
	case "won":
		return "You won your dispute: the money is yours to keep"
	case "lost":
		return "You lost your dispute: the payment stands"
	case "provisional_credit":
		return "You have " + amount.Symbolic() + " back while we look into your dispute"
	case "credit":
		return "You have " + amount.Symbolic() + " back: you won your dispute"
	case "credit_taken_back":
		return "We took back " + paid + ": your dispute was lost"
	}
	if t.GetKind() != transactionsproto.Kind_KIND_UNSPECIFIED {
		return moved(t, amount)
	}
	switch t.GetStatus() {
	case transactionsproto.Status_STATUS_DECLINED:
		return "Your payment of " + paid + " was declined: " + transactionsproto.WhyDeclined(t.GetDeclineReason())
	case transactionsproto.Status_STATUS_REVERSED:
		return reversed(t)
	case transactionsproto.Status_STATUS_EXPIRED:
		return "Your payment was never collected: the money is back in your account"
	default:
	}
	if amount.Minor > 0 {
		return "You were refunded " + amount.Symbolic()
	}
	return "You paid " + paid + details(t)
}

// details are what there is to say of a payment beside its amount: what the merchant charged, and the cash it gave.
func details(t *transactionsproto.Transaction) string {
	said := ""
	if local := t.GetLocalAmount(); local.GetMinor() < 0 && local.GetCurrency() != t.GetAmount().GetCurrency() {
		said = " (" + money.Amount{Minor: -local.GetMinor(), Currency: local.GetCurrency()}.Symbolic() + ")"
	}
	if cash := t.GetCashback(); cash.GetMinor() != 0 {
		said += ", including " + money.Amount{Minor: -cash.GetMinor(), Currency: cash.GetCurrency()}.Symbolic() + " cash"
	}
	return said
}

// reversed is how a payment that takes nothing any more came to that.
func reversed(t *transactionsproto.Transaction) string {
	switch {
	case t.GetAttached(): // No money is back: the other payment has it.
		return "This was matched to your earlier payment: you have paid once"
	case t.GetLocalAmount().GetMinor() > 0: // What the merchant had sent back.
		return "Your refund was cancelled: it was not meant for you"
	default:
		return "Your payment was cancelled: the money is back in your account"
	}
}

// refund is how far one has come.
func refund(t *transactionsproto.Transaction, amount money.Amount) string {
	switch t.GetStatus() {
	case transactionsproto.Status_STATUS_PENDING:
		return "A refund of " + amount.Symbolic() + " is on its way"
	case transactionsproto.Status_STATUS_REVERSED:
		if t.GetAttached() {
			return "Your refund was matched to your earlier payment"
		}
		if t.GetSettledMs() > 0 {
			return "Your refund was taken back"
		}
		return "Your refund was cancelled by the merchant"
	case transactionsproto.Status_STATUS_EXPIRED:
		return "Your refund has not arrived: please ask the merchant about it"
	default:
		return "You were refunded " + amount.Symbolic()
	}
}
