package handler

import (
	"cmp"
	"strings"
	"time"

	"farthing/pkg/edge"
	moneyproto "farthing/pkg/money/proto"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// payment is a card payment's running state. Amounts are minor units of its currency.
type payment struct {
	AuthorisationID string `json:"authorisation_id"`
	TransactionID   string `json:"transaction_id"` // "" if there is nothing to show.
	AccountID       string `json:"account_id"`
	CardID          string `json:"card_id"`
	Status          string `json:"status"` // "pending", "settled", "declined", "reversed" or "expired".
	Currency        string `json:"currency"`
	Authorised      int64  `json:"authorised"` // All that was ever held.
	Held            int64  `json:"held"`       // Of that, still.
	Reversed        int64  `json:"reversed"`
	Expired         int64  `json:"expired"`
	Cleared         int64  `json:"cleared"`
	Refunded        int64  `json:"refunded"` // Less what was taken back.
	Promised        int64  `json:"promised"` // Of refunds, what was authorised and not sent yet.
	Cashback        int64  `json:"cashback"` // Of what was authorised first, the cash beside a purchase.
	Descriptor      string `json:"descriptor"`
	MCC             string `json:"mcc"`
	conversion             // As it was authorised.
}

// conversion is the merchant's amount and how it was converted; nothing of it is there if nobody said, or at home.
type conversion struct {
	LocalAmount *amount `json:"local_amount,omitempty"`
	Rate        string  `json:"conversion_rate,omitempty"` // "0.8512".
	RateDerived bool    `json:"rate_derived,omitempty"`    // Nobody said it: it is the one amount by the other.
}

func conversionOf(local *moneyproto.Money, rate *moneyproto.Rate) conversion {
	if rate == nil {
		return conversion{}
	}
	return conversion{LocalAmount: amountOf(local), Rate: rate.GetDecimal(), RateDerived: rate.GetDerived()}
}

// event is one thing that happened to a payment.
type event struct {
	Number        int64  `json:"number"`
	Kind          string `json:"kind"` // "authorisation", "reversal", …
	At            string `json:"at"`   // RFC 3339.
	Amount        int64  `json:"amount"`
	Extended      int64  `json:"extended"` // What it did to the hold.
	Captured      int64  `json:"captured"`
	Released      int64  `json:"released"`
	Posted        int64  `json:"posted"`                   // For a refund; below zero takes one back.
	TransactionID string `json:"transaction_id,omitempty"` // Of the one that it began: a refund has one of its own.
	DeclineReason string `json:"decline_reason,omitempty"`
	MoreFollows   bool   `json:"more_follows"`
	conversion
}

// whole is a payment with all its events, in order.
type whole struct {
	payment
	Events []event `json:"events"`
}

// Payment is a card payment by its transaction's id, or by its authorisation's and "?card_id=".
func (h *Handler) Payment(req edge.Request) edge.Response {
	form, name := req.Form(), req.Param("id")
	asked := &cardprocessingproto.GetPaymentRequest{AuthorisationId: name, CardId: form.String("card_id")}
	if strings.HasPrefix(name, "tx_") {
		asked = &cardprocessingproto.GetPaymentRequest{TransactionId: name}
	}
	if err := form.Err(); err != nil {
		return edge.Error(err)
	}
	found, err := h.processing.GetPayment(req.Context(), asked)
	if err != nil {
		return edge.Error(err)
	}
	rsp := whole{payment: paymentOf(found.GetPayment()), Events: make([]event, len(found.GetEvents()))}
	for i, e := range found.GetEvents() {
		rsp.Events[i] = eventOf(e)
	}
	return edge.OK(rsp)
}

func paymentOf(p *cardprocessingproto.Payment) payment {
	return payment{
		AuthorisationID: p.GetId(), TransactionID: p.GetTransactionId(), AccountID: p.GetAccountId(), CardID: p.GetCardId(),
		Status: wordOf(p.GetStatus().String(), "PAYMENT_STATUS_"), Currency: p.GetCurrency(),
		Authorised: p.GetAuthorisedMinor(), Held: p.GetHeldMinor(), Reversed: p.GetReversedMinor(),
		Expired: p.GetExpiredMinor(), Cleared: p.GetClearedMinor(), Refunded: p.GetRefundedMinor(),
		Promised: p.GetPromisedMinor(),
		Cashback: p.GetCashbackMinor(), Descriptor: p.GetDescriptor_(), MCC: p.GetMcc(),
		conversion: conversionOf(p.GetLocalAmount(), p.GetRate()),
	}
}

func eventOf(e *cardprocessingproto.PaymentEvent) event {
	return event{
		Number: e.GetNumber(), Kind: wordOf(e.GetKind().String(), "PAYMENT_EVENT_KIND_"),
		At: time.UnixMilli(e.GetAtMs()).UTC().Format(time.RFC3339Nano), Amount: e.GetAmountMinor(),
		Extended: e.GetExtendedMinor(), Captured: e.GetCapturedMinor(), Released: e.GetReleasedMinor(),
		Posted:        e.GetPostedMinor(),
		TransactionID: cmp.Or(e.GetRefund().GetTransactionId(), e.GetBeginsTransactionId()),
		DeclineReason: e.GetDeclineReason(), MoreFollows: e.GetMoreFollows(),
		conversion: conversionOf(e.GetLocalAmount(), e.GetRate()),
	}
}

// wordOf is an enum's value as others know it.
func wordOf(value, prefix string) string { return strings.ToLower(strings.TrimPrefix(value, prefix)) }
