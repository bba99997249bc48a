package shapes

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"farthing/e2e/world"
	"farthing/pkg/clock"
)

func paymentTests() []test {
	return []test{
		{"a payment is followed to its end, step by step, repeats and all", followsAPayment},
		{"a reversal may come before its authorisation", reversesFirst},
		{"a collection without an authorisation finds it, or stands alone", collectsWithout},
		{"what a customer does not want is declined, and explained", controls},
		{"a refund is promised, kept and taken back", refunds},
		{"cash beside a purchase is approved whole or not at all, and both are shown", cashback},
		{"abroad, each step keeps the merchant's amount and a rate of its own", abroad},
		{"a balance inquiry shows what there is, and changes nothing", inquires},
		{"what was presented with a card declines by its own name, and wrong PINs are counted", verifications},
	}
}

// followed is what the bank answers to a message about a payment.
type followed struct {
	Outcome       string `json:"outcome"`
	DeclineReason string `json:"decline_reason"`
	Payment       struct {
		AuthorisationID string `json:"authorisation_id"`
		TransactionID   string `json:"transaction_id"`
		Status          string `json:"status"`
		Held            int64  `json:"held"`
		Cleared         int64  `json:"cleared"`
		Promised        int64  `json:"promised"`
		Refunded        int64  `json:"refunded"`
	} `json:"payment"`
	Event struct {
		TransactionID string `json:"transaction_id"`
	} `json:"event"`
}

// message sends a message of the processor's about the customer's card.
func (s *suite) message(t *testing.T, route, id, fields string) followed {
	t.Helper()
	body := fmt.Sprintf(`{"processor_id":%q,"card_id":%q,%s}`, id, s.Facts().CardID, fields)
	answer := s.insist(t, s.Facts().CardEdge+route, body)
	if answer.Status != http.StatusOK {
		t.Fatalf("%s %s was answered %d %s", route, body, answer.Status, answer.Body)
	}
	var got followed
	if err := json.Unmarshal(answer.Body, &got); err != nil {
		t.Fatal(err)
	}
	return got
}

// insistences is how often a message is sent to a bank on a busy machine.
const insistences = 10

// insist sends a message again until it is answered, as networks do: under its id it happens once.
func (s *suite) insist(t *testing.T, url, body string) world.Answer {
	t.Helper()
	for sent := 1; ; sent++ {
		answer := s.Ask(t, http.MethodPost, url, body, "Content-Type", "application/json")
		if answer.Status < http.StatusServiceUnavailable || sent == insistences {
			return answer
		}
		if err := clock.Wait(t.Context(), time.Second); err != nil {
			t.Fatal(err)
		}
	}
}

// shown is a transaction as the public API shows it.
type shown struct {
	Amount          int64
	Settled         string
	AmountIsPending bool   `json:"amount_is_pending"`
	CashbackAmount  int64  `json:"cashback_amount"`
	LocalAmount     int64  `json:"local_amount"`
	LocalCurrency   string `json:"local_currency"`
	ConversionRate  string `json:"conversion_rate"`
}

func (s *suite) transaction(t *testing.T, id string) shown {
	t.Helper()
	var got struct{ Transaction shown }
	s.Get(t, "/transactions/"+id, &got)
	return got.Transaction
}

const (
	pence = `"amount":{"minor":%d,"currency":"GBP"}`
	hotel = `,"descriptor":"HOTEL"`
)

func followsAPayment(t *testing.T, s *suite) {
	before := s.balance(t)
	paid := s.swipe(t, "20.00", "--id", "stay", "--mcc", "7011")
	original := fmt.Sprintf(`"original":{"authorisation_id":%q}`, paid.AuthorisationID)
	of := func(minor int64) string { return original + "," + fmt.Sprintf(pence, minor) }
	for _, step := range []struct {
		route, id, fields    string
		status               string
		held, cleared, taken int64
		pending              bool
	}{
		{"/increments", "night-2", of(10_00), "pending", 30_00, 0, 30_00, true},
		{"/reversals", "minibar", of(5_00), "pending", 25_00, 0, 25_00, true},
		{"/clearings", "bill-1", of(12_00) + hotel + `,"more_follows":true`, "pending", 13_00, 12_00, 25_00, true},
		{"/clearings", "bill-2", of(14_00) + hotel, "settled", 0, 26_00, 26_00, false},
	} {
		for range 2 { // A repeat answers the same, and changes nothing.
			got := s.message(t, step.route, step.id, step.fields)
			if got.Payment.Status != step.status || got.Payment.Held != step.held || got.Payment.Cleared != step.cleared {
				t.Fatalf("%s came to %+v, want %+v", step.id, got, step)
			}
		}
		seen := s.transaction(t, paid.TransactionID)
		if seen.Amount != -step.taken || seen.AmountIsPending != step.pending || (seen.Settled == "") != step.pending {
			t.Errorf("after %s the customer sees %+v, want %d", step.id, seen, -step.taken)
		}
		if got := before - s.balance(t); got != step.taken {
			t.Errorf("after %s %d are gone, want %d", step.id, got, step.taken)
		}
	}
	refund := s.message(t, "/refunds", "sorry", of(6_00)+hotel)
	if got := before - s.balance(t); refund.Payment.Status != "settled" || got != 20_00 {
		t.Errorf("after the refund %+v %d are gone", refund, got)
	}
	s.wantInFeed(t, paid.TransactionID)
	if events := s.Run(t, "payment", "show", paid.TransactionID, "-o", "json"); !json.Valid([]byte(events)) {
		t.Errorf("payment show printed %q", events)
	}
}

func reversesFirst(t *testing.T, s *suite) {
	before := s.balance(t)
	reversal := `"original":{"processor_id":"early"}`
	if got := s.message(t, "/reversals", "early-reversal", reversal); got.Outcome != "done" || got.Payment.Held != 0 {
		t.Fatalf("the reversal came to %+v", got)
	}
	if late := s.swipe(t, "7.00", "--id", "early"); late.Outcome != "declined" || late.DeclineReason != "reversed" {
		t.Errorf("the authorisation after it was %+v", late)
	}
	if got := s.balance(t); got != before {
		t.Errorf("%d are gone", before-got)
	}
}

func collectsWithout(t *testing.T, s *suite) {
	before := s.balance(t)
	const moon = `,"descriptor":"KIOSK ON THE MOON","mcc":"5994"`
	alone := s.message(t, "/clearings", "alone", fmt.Sprintf(pence, 2_50)+moon)
	if alone.Payment.Status != "settled" || s.transaction(t, alone.Payment.TransactionID).Amount != -2_50 {
		t.Errorf("alone it came to %+v", alone)
	}
	var paid swiped
	decode(t, s.Run(t, "swipe", "9.00", "KIOSK ON THE MOON", "--mcc", "5994", "-o", "json"), &paid)
	found := s.message(t, "/clearings", "found", fmt.Sprintf(pence, 9_00)+moon)
	if found.Payment.TransactionID != paid.TransactionID || found.Payment.Status != "settled" {
		t.Errorf("the collection of %+v came to %+v", paid, found)
	}
	if got := before - s.balance(t); got != 11_50 {
		t.Errorf("%d are gone, want 1150", got)
	}
}

// controls sets what a card must not be used for, by an operator's command, and wants the decline explained.
func controls(t *testing.T, s *suite) {
	s.Run(t, "card", "control", "--payment", "5", "--block", "gambling", "-o", "json")
	t.Cleanup(func() { s.Run(t, "card", "control", "--payment", "none", "--block", "", "-o", "json") })
	for _, c := range []struct {
		amount, mcc, reason, check string
	}{
		{"5.01", "5411", "limit_payment", "limit_payment"},
		{"1.00", "7995", "merchant_blocked", "merchant_wanted"},
		{"5.00", "5411", "", "funds"},
	} {
		paid := s.swipe(t, c.amount, "--mcc", c.mcc)
		if paid.DeclineReason != c.reason {
			t.Errorf("%s of %s was %+v, want %q", c.amount, c.mcc, paid, c.reason)
		}
		var explained struct {
			DeclineReason string `json:"decline_reason"`
			Checks        []struct{ Name string }
		}
		decode(t, s.Run(t, "explain", paid.TransactionID, "-o", "json"), &explained)
		last := explained.Checks[len(explained.Checks)-1].Name
		if explained.DeclineReason != c.reason || last != c.check {
			t.Errorf("%s of %s is explained as %+v, want %s", c.amount, c.mcc, explained, c.check)
		}
	}
}

// verifications wants three wrong PINs in a row to block it until it is reset, and a repeat not to count.
func verifications(t *testing.T, s *suite) {
	t.Cleanup(func() { s.Run(t, "card", "pin-reset", "-o", "json") })
	for i, step := range []struct{ flags, reason string }{
		{"--cvv no_match", "bad_cvv"}, {"--expiry 2020-01", "wrong_expiry"}, {"--cryptogram no_match", "bad_cryptogram"},
		{"--pin wrong --id pin-1", "wrong_pin"}, {"--pin wrong --id pin-1", "wrong_pin"}, {"--pin wrong", "wrong_pin"},
		{"--pin verified", ""},
		{"--pin wrong", "wrong_pin"}, {"--pin wrong", "wrong_pin"}, {"--pin wrong", "wrong_pin"},
		{"--pin verified", "pin_tries_exceeded"}, {"--pin not_tried --cvv match --address no_match", ""},
	} {
		if paid := s.swipe(t, "1.00", strings.Fields(step.flags)...); paid.DeclineReason != step.reason {
			t.Errorf("step %d: with %s it was %+v, want %q", i, step.flags, paid, step.reason)
		}
	}
	s.Run(t, "card", "pin-reset", "-o", "json")
	if paid := s.swipe(t, "1.00", "--pin", "verified"); paid.Outcome != "approved" {
		t.Errorf("after a reset it was %+v", paid)
	}
}

func cashback(t *testing.T, s *suite) {
	s.Run(t, "card", "control", "--cash-day", "30", "-o", "json")
	t.Cleanup(func() { s.Run(t, "card", "control", "--cash-day", "none", "-o", "json") })
	paid := s.swipe(t, "25.00", "--cashback", "20.00")
	if seen := s.transaction(t, paid.TransactionID); seen.Amount != -25_00 || seen.CashbackAmount != -20_00 {
		t.Errorf("the customer sees %+v", seen)
	}
	if more := s.swipe(t, "25.00", "--cashback", "10.01"); more.DeclineReason != "limit_cash_day" {
		t.Errorf("more cash than there may be was %+v", more)
	}
	if more := s.swipe(t, "5.00", "--cashback", "5.00"); more.Outcome != "approved" {
		t.Errorf("as much cash as there may be was %+v", more)
	}
}

func inquires(t *testing.T, s *suite) {
	before := s.balance(t)
	body := fmt.Sprintf(`{"processor_id":"atm","card_id":%q,"verification":{"pin":"verified"}}`, s.Facts().CardID)
	answer := s.Ask(t, http.MethodPost, s.Facts().CardEdge+"/balance-inquiries", body, "Content-Type", "application/json")
	var got struct {
		Outcome   string
		Available struct{ Minor int64 }
	}
	if err := json.Unmarshal(answer.Body, &got); err != nil || got.Outcome != "approved" || got.Available.Minor != before {
		t.Errorf("of %d it was answered %s, %v", before, answer.Body, err)
	}
	if after := s.balance(t); after != before {
		t.Errorf("%d are gone", before-after)
	}
}

func abroad(t *testing.T, s *suite) {
	paid := s.swipe(t, "10.21", "--local", "12.00", "--currency", "EUR", "--rate", "0.8512")
	seen := s.transaction(t, paid.TransactionID)
	if seen.LocalAmount != -12_00 || seen.LocalCurrency != "EUR" || seen.ConversionRate != "0.8512" {
		t.Errorf("the customer sees %+v", seen)
	}
	clearing := fmt.Sprintf(`"original":{"authorisation_id":%q},"local_amount":{"minor":1220,"currency":"EUR"},
		"conversion_rate":"0.85",`, paid.AuthorisationID) + fmt.Sprintf(pence, 10_37) + hotel
	s.message(t, "/clearings", "abroad", clearing)
	seen = s.transaction(t, paid.TransactionID)
	if seen.Amount != -10_37 || seen.LocalAmount != -12_20 || seen.ConversionRate != "0.85" {
		t.Errorf("after the collection the customer sees %+v", seen)
	}
}

func refunds(t *testing.T, s *suite) {
	before := s.balance(t)
	promise := `"refund_authorisation":{"processor_id":"sorry"}`
	const shop = `,"descriptor":"ASOS.COM LONDON GBR"`
	for _, step := range []struct {
		route, id, fields string
		status            string
		promised, sent    int64
		pending           bool
	}{
		{"/refund-authorisations", "sorry", fmt.Sprintf(pence, 5_00) + shop, "pending", 5_00, 0, true},
		{"/refunds", "sorry-2", promise + "," + fmt.Sprintf(pence, 6_00) + shop, "settled", 0, 6_00, false},
		{"/refund-reversals", "oops", promise + `,"refund":{"processor_id":"sorry-2"}`, "reversed", 0, 0, false},
	} {
		var got followed
		for range 2 { // A repeat answers the same, and changes nothing.
			got = s.message(t, step.route, step.id, step.fields)
			if p := got.Payment; p.Status != step.status || p.Promised != step.promised || p.Refunded != step.sent {
				t.Fatalf("%s came to %+v, want %+v", step.id, got, step)
			}
		}
		seen := s.transaction(t, got.Event.TransactionID)
		if seen.Amount != step.promised+step.sent || seen.AmountIsPending != step.pending {
			t.Errorf("after %s the customer sees %+v", step.id, seen)
		}
		if more := s.balance(t) - before; more != step.sent {
			t.Errorf("after %s there are %d more, want %d", step.id, more, step.sent)
		}
	}
	early := s.message(t, "/refund-reversals", "early", `"refund":{"processor_id":"late"}`)
	late := s.message(t, "/refunds", "late", fmt.Sprintf(pence, 6_00)+shop)
	if early.Outcome != "done" || late.DeclineReason != "reversed" || s.balance(t) != before {
		t.Errorf("a refund after its reversal came to %+v", late)
	}
}
