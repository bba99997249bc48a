package apiproto

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"farthing/pkg/id"
	moneyproto "farthing/pkg/money/proto"
	cardsproto "farthing/service.cards/proto"
	transactionsproto "farthing/service.transactions/proto"
)

var noon = time.Date(2026, 11, 9, 12, 30, 53, 695e6, time.UTC)

// wantGolden compares a shape with testdata, byte by byte: the order of keys counts.
func wantGolden(t *testing.T, name string, shape any) {
	t.Helper()
	var got bytes.Buffer
	encoder := json.NewEncoder(&got)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(shape); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatalf("%v; the shape is\n%s", err, got.String())
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("%s:\n%s", name, diff)
	}
}

func pence(minor int64) *moneyproto.Money { return &moneyproto.Money{Minor: minor, Currency: "GBP"} }

// pending is a payment of £3.50 that was just approved.
func pending(name string) *transactionsproto.Transaction {
	return &transactionsproto.Transaction{
		Id: id.Derived("tx", noon, name), AccountId: id.Derived("acc", noon, "alice"),
		UserId: id.Derived("user", noon, "alice"), HoldId: id.Derived("hold", noon, name),
		Status: transactionsproto.Status_STATUS_PENDING, Amount: pence(-350), LocalAmount: pence(-350),
		Descriptor_: "PRET A MANGER 1234 LONDON GBR", Mcc: "5814", CreatedMs: noon.UnixMilli(),
		UpdatedMs: noon.UnixMilli(), Balance: pence(123_456), Version: 1, Scheme: "mastercard",
	}
}

func declined(name, reason string) *transactionsproto.Transaction {
	tx := pending(name)
	tx.Status, tx.DeclineReason = transactionsproto.Status_STATUS_DECLINED, reason
	return tx
}

func enriched() *transactionsproto.Transaction {
	tx := pending("enriched")
	tx.Merchant, tx.Category, tx.Version = &transactionsproto.Merchant{
		Id: "merch_3kjB6tGIvBIBdiLKlAIL2i", GroupId: "grp_1xxj1Q5sFmxmyhOZ5h4JuT", Name: "Pret A Manger",
		LogoUrl: "https://logos.example/pret.png", Emoji: "🥪", Category: "eating_out", City: "London", Country: "GB",
	}, "eating_out", 2
	tx.UpdatedMs += 40
	tx.Metadata, tx.Notes = map[string]string{"notes": "lunch & coffee", "foo": "bar"}, "lunch & coffee"
	return tx
}

func TestATransactionHasTheExactShapeOfThePublicAPI(t *testing.T) {
	abroad := pending("abroad")
	abroad.LocalAmount.Minor, abroad.LocalAmount.Currency = -499, "EUR"
	abroad.Rate, abroad.Cashback = &moneyproto.Rate{Decimal: "0.7014"}, pence(-100)
	wantGolden(t, "pending.json", TransactionOf(pending("pending"), false))
	wantGolden(t, "pending.json", TransactionOf(pending("pending"), true)) // There is nothing to expand yet.
	wantGolden(t, "declined.json", TransactionOf(declined("declined", "insufficient_funds"), false))
	wantGolden(t, "enriched.json", TransactionOf(enriched(), false))
	wantGolden(t, "expanded.json", TransactionOf(enriched(), true))
	wantGolden(t, "abroad.json", TransactionOf(abroad, false))
}

func TestADeclineIsSaidInWordsThatAllProgramsKnow(t *testing.T) {
	for reason, want := range map[string]string{
		"insufficient_funds": "INSUFFICIENT_FUNDS", "card_frozen": "CARD_INACTIVE", "card_closed": "CARD_BLOCKED",
		"card_expired": "OTHER", "unknown_card": "OTHER", "timed_out": "OTHER", "of tomorrow": "OTHER", "": "OTHER",
	} {
		if got := TransactionOf(declined("declined", reason), false).DeclineReason; got != want {
			t.Errorf("%s: got %s", reason, got)
		}
	}
}

func TestACardIsActiveInactiveOrClosed(t *testing.T) {
	for status, want := range map[cardsproto.Status]string{
		cardsproto.Status_STATUS_ACTIVE: CardActive, cardsproto.Status_STATUS_FROZEN: CardInactive,
		cardsproto.Status_STATUS_CLOSED: CardClosed,
	} {
		got := CardOf(&cardsproto.Card{Status: status, ExpiresYear: 2029, ExpiresMonth: 1}, "Ada")
		if got.Status != want || got.Expires != "01/2029" || got.Name != "Ada" {
			t.Errorf("%v shows as %+v", status, got)
		}
	}
}
