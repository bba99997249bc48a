package logic_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"farthing/pkg/events"
	moneyproto "farthing/pkg/money/proto"
	"farthing/service.apns/logic"
	transactionsproto "farthing/service.transactions/proto"
)

var noon = time.Date(2026, 11, 9, 12, 30, 53, 0, time.UTC)

func TestNewsIsStaleAnHourAfterItHappenedOrWasPublished(t *testing.T) {
	hour, instant := time.Hour, time.Millisecond
	for _, c := range []struct {
		occurred, published time.Duration // Ago.
		want                bool
	}{
		{0, 0, false}, {hour, hour, false}, {hour + instant, 0, true}, {0, hour + instant, true},
		{-72 * hour, 0, false}, // Business time runs ahead.
		{-72 * hour, hour + instant, true},
	} {
		e := events.Event{OccurredAt: noon.Add(-c.occurred), PublishedAt: noon.Add(-c.published)}
		if got := logic.Stale(e, noon); got != c.want {
			t.Errorf("occurred %v and published %v ago: stale is %v", c.occurred, c.published, got)
		}
	}
}

func TestAPushHasOneNameForEachEventAndPhone(t *testing.T) {
	first := logic.ApnsID("evt_1", "device_1")
	if first != logic.ApnsID("evt_1", "device_1") {
		t.Error("a repeat has another name")
	}
	if first == logic.ApnsID("evt_2", "device_1") || first == logic.ApnsID("evt_1", "device_2") {
		t.Error("two pushes have one name")
	}
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(first) {
		t.Errorf("%s is no UUID of version 8", first)
	}
}

func payment(status transactionsproto.Status) *transactionsproto.Transaction {
	return &transactionsproto.Transaction{
		Id: "tx_1", AccountId: "acc_1", UserId: "user_1", CardId: "card_1", Status: status, Descriptor_: "PRET A MANGER",
		Amount:   &moneyproto.Money{Minor: -3_50, Currency: "GBP"},
		Balance:  &moneyproto.Money{Minor: 1234_56, Currency: "GBP"},
		Merchant: &transactionsproto.Merchant{Name: "Pret A Manger", Emoji: "🥪"},
	}
}

// shown is a transaction, and what a phone shows of it.
type shown struct {
	payment     *transactionsproto.Transaction
	title, body string
}

const pret = "🥪 Pret A Manger"

func payments() map[string]shown {
	declined := payment(transactionsproto.Status_STATUS_DECLINED)
	declined.DeclineReason = "card_frozen"
	unnamed := payment(transactionsproto.Status_STATUS_PENDING)
	unnamed.Merchant = nil
	cancelled := payment(transactionsproto.Status_STATUS_REVERSED)
	attached := payment(transactionsproto.Status_STATUS_REVERSED)
	attached.Attached = true
	return map[string]shown{
		"approved":           {payment(transactionsproto.Status_STATUS_PENDING), pret, "You paid £3.50"},
		"declined":           {declined, pret, "Your payment of £3.50 was declined: your card is frozen"},
		"without a merchant": {unnamed, "PRET A MANGER", "You paid £3.50"},
		"cancelled":          {cancelled, pret, "Your payment was cancelled: the money is back in your account"},
		"of another payment": {attached, pret, "This was matched to your earlier payment: you have paid once"},
	}
}

func refunds() map[string]shown {
	refund := func(status transactionsproto.Status, minor, settled int64) *transactionsproto.Transaction {
		t := payment(status)
		t.Refund, t.Amount, t.SettledMs = true, &moneyproto.Money{Minor: minor, Currency: "GBP"}, settled
		return t
	}
	const reversed, expired = transactionsproto.Status_STATUS_REVERSED, transactionsproto.Status_STATUS_EXPIRED
	attached := refund(reversed, 0, 1)
	attached.Attached = true
	return map[string]shown{
		"a promise": {
			refund(transactionsproto.Status_STATUS_PENDING, 3_50, 0), pret, "A refund of £3.50 is on its way",
		},
		"a refund":           {refund(transactionsproto.Status_STATUS_SETTLED, 3_50, 1), pret, "You were refunded £3.50"},
		"taken back":         {refund(reversed, 0, 1), pret, "Your refund was taken back"},
		"a promise ended":    {refund(reversed, 0, 0), pret, "Your refund was cancelled by the merchant"},
		"of another payment": {attached, pret, "Your refund was matched to your earlier payment"},
		"a promise forgotten": {
			refund(expired, 0, 0), pret, "Your refund has not arrived: please ask the merchant about it",
		},
	}
}

func disputes() map[string]shown {
	disputed := func(shows string, minor int64) *transactionsproto.Transaction {
		p := payment(transactionsproto.Status_STATUS_SETTLED)
		p.Dispute, p.Amount.Minor = shows, minor
		return p
	}
	return map[string]shown{
		"credited": {disputed("provisional_credit", 3_50), pret, "You have £3.50 back while we look into your dispute"},
		"lost":     {disputed("credit_taken_back", -3_50), pret, "We took back £3.50: your dispute was lost"},
		"won":      {disputed("won", -3_50), pret, "You won your dispute: the money is yours to keep"},
	}
}

func TestAPhoneShowsWhoWasPaidAndHowMuchAndNoMore(t *testing.T) {
	for kind, all := range map[string]map[string]shown{
		"payment": payments(), "refund": refunds(), "dispute": disputes(),
	} {
		for name, c := range all {
			t.Run(kind+" "+name, func(t *testing.T) { wantShown(t, c) })
		}
	}
}

// wantShown wants just what a phone shows of a payment, and nothing that is nobody's business.
func wantShown(t *testing.T, c shown) {
	t.Helper()
	payload, err := logic.Payload(c.payment)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		APS struct {
			Alert    struct{ Title, Body string }
			Sound    string
			ThreadID string `json:"thread-id"`
		}
		TransactionID string `json:"transaction_id"`
		AccountID     string `json:"account_id"`
	}
	if err := json.Unmarshal(payload, &got); err != nil {
		t.Fatal(err)
	}
	if got.APS.Alert.Title != c.title || got.APS.Alert.Body != c.body || got.TransactionID != "tx_1" ||
		got.APS.ThreadID != "acc_1" || got.APS.Sound != "default" || got.AccountID != "acc_1" {
		t.Errorf("it shows %s", payload)
	}
	for _, secret := range []string{"1,234", "123456", "user_1", "card_1"} {
		if strings.Contains(string(payload), secret) {
			t.Errorf("it says %s: %s", secret, payload)
		}
	}
}
