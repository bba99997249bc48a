package logic_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/id"
	moneyproto "farthing/pkg/money/proto"
	"farthing/service.feed-generator/logic"
	feedproto "farthing/service.feed/proto"
	transactionsproto "farthing/service.transactions/proto"
)

var noon = time.Date(2026, 11, 9, 12, 30, 53, 0, time.UTC)

func payment() *transactionsproto.Transaction {
	return &transactionsproto.Transaction{
		Id: "tx_1", AccountId: "acc_1", Status: transactionsproto.Status_STATUS_PENDING, CreatedMs: noon.UnixMilli(),
		Amount: &moneyproto.Money{Minor: -3_50, Currency: "GBP"}, Descriptor_: "PRET A MANGER 1234", Version: 1_002,
		Category: "eating_out", Merchant: &transactionsproto.Merchant{
			Name: "Pret A Manger", Emoji: "🥪", LogoUrl: "https://example.com/pret.png",
		},
	}
}

func TestAPaymentShowsWhoWasPaidHowMuchAndForWhat(t *testing.T) {
	want := &feedproto.Item{
		Id: id.Derived("feed", noon, "tx_1"), Type: "transaction", AccountId: "acc_1", TransactionId: "tx_1",
		CreatedMs: noon.UnixMilli(), Version: 1_002, Title: "Pret A Manger", Body: "Eating out", Emoji: "🥪",
		ImageUrl: "https://example.com/pret.png", Amount: &moneyproto.Money{Minor: -3_50, Currency: "GBP"},
	}
	if diff := cmp.Diff(want, logic.ItemOf(payment()), protocmp.Transform()); diff != "" {
		t.Fatal(diff)
	}
}

func TestEachVersionOfATransactionIsTheSameItem(t *testing.T) {
	first, better := payment(), payment()
	first.Version, first.Merchant, first.Category = 1_001, nil, ""
	a, b := logic.ItemOf(first), logic.ItemOf(better)
	if a.GetId() != b.GetId() || a.GetVersion() >= b.GetVersion() {
		t.Fatalf("%s in version %d, then %s in version %d", a.GetId(), a.GetVersion(), b.GetId(), b.GetVersion())
	}
	if a.GetTitle() != "PRET A MANGER 1234" || a.GetBody() != "" {
		t.Fatalf("without a merchant it reads %q, %q", a.GetTitle(), a.GetBody())
	}
}

func TestARefundThatWasTakenBackIsNoMoneyBack(t *testing.T) {
	back := payment()
	back.Status, back.Amount.Minor = transactionsproto.Status_STATUS_REVERSED, 0
	if got := logic.ItemOf(back).GetBody(); got != "Cancelled: the money is back in your account" {
		t.Errorf("a payment that was given up reads %q", got)
	}
	back.LocalAmount = &moneyproto.Money{Minor: 3_50, Currency: "GBP"}
	if got := logic.ItemOf(back).GetBody(); got != "Refund cancelled: it was not meant for you" {
		t.Errorf("a refund that was taken back reads %q", got)
	}
}

func TestWhatIsOfAnotherPaymentIsNoMoneyBack(t *testing.T) {
	collected := payment()
	collected.Status, collected.Amount.Minor, collected.Attached = transactionsproto.Status_STATUS_REVERSED, 0, true
	if got := logic.ItemOf(collected).GetBody(); got != "Matched to your earlier payment: you have paid once" {
		t.Errorf("what was collected reads %q", got)
	}
	collected.Refund, collected.SettledMs = true, 1
	if got := logic.ItemOf(collected).GetBody(); got != "Refund matched to your earlier payment" {
		t.Errorf("what was sent back reads %q", got)
	}
}

func TestADisputeShowsInTheCustomersWords(t *testing.T) {
	for shows, want := range map[string]string{
		"":                   "Eating out",
		"open":               "Disputed: we are looking into it",
		"credited":           "Disputed: you have the money back while we look into it",
		"won":                "Dispute won: the money is yours to keep",
		"lost":               "Dispute lost: the payment stands",
		"provisional_credit": "Temporary credit while we look into your dispute",
		"credit":             "Credit for the dispute you won",
		"credit_taken_back":  "Temporary credit taken back: the dispute was lost",
		"of_a_later_version": "Eating out",
	} {
		disputed := payment()
		disputed.Dispute = shows
		if got := logic.ItemOf(disputed).GetBody(); got != want {
			t.Errorf("%s reads %q, want %q", shows, got, want)
		}
	}
}

func TestADeclineSaysWhyInTheCustomersWords(t *testing.T) {
	for reason, want := range map[string]string{
		"insufficient_funds": "Declined: there was not enough money in your account",
		"card_frozen":        "Declined: your card is frozen",
		"card_closed":        "Declined: this card is closed",
		"card_expired":       "Declined: this card has expired",
		"timed_out":          "Declined: we could not answer in time",
		"of_a_later_version": "Declined: we could not approve it",
	} {
		declined := payment()
		declined.Status, declined.DeclineReason = transactionsproto.Status_STATUS_DECLINED, reason
		if got := logic.ItemOf(declined).GetBody(); got != want {
			t.Errorf("%s reads %q, want %q", reason, got, want)
		}
	}
}

func TestAPurchaseTellsOfTheCashThatItGave(t *testing.T) {
	for category, want := range map[string]string{"eating_out": "Eating out, with £20.00 cash", "": "With £20.00 cash"} {
		paid := payment()
		paid.Category, paid.Cashback = category, &moneyproto.Money{Minor: -20_00, Currency: "GBP"}
		if got := logic.ItemOf(paid).GetBody(); got != want {
			t.Errorf("it reads %q, want %q", got, want)
		}
	}
}

func TestAPaymentAbroadTellsWhatTheMerchantCharged(t *testing.T) {
	paid := payment()
	paid.LocalAmount = &moneyproto.Money{Minor: -4_10, Currency: "EUR"}
	if got := logic.ItemOf(paid).GetBody(); got != "Eating out, €4.10" {
		t.Errorf("it reads %q", got)
	}
	paid.Amount, paid.LocalAmount.Minor = &moneyproto.Money{Minor: 3_50, Currency: "GBP"}, 4_10
	if got := logic.ItemOf(paid).GetBody(); got != "Refund, €4.10" {
		t.Errorf("a refund reads %q", got)
	}
}

func TestARefundTellsHowFarItHasCome(t *testing.T) {
	for want, c := range map[string]struct {
		status         transactionsproto.Status
		minor, settled int64
	}{
		"Refund on its way":                {transactionsproto.Status_STATUS_PENDING, 3_50, 0},
		"Refund":                           {transactionsproto.Status_STATUS_SETTLED, 3_50, 1},
		"Refund cancelled by the merchant": {transactionsproto.Status_STATUS_REVERSED, 0, 0},
		"Refund taken back":                {transactionsproto.Status_STATUS_REVERSED, 0, 1},
		"Refund not received: please ask the merchant about it": {transactionsproto.Status_STATUS_EXPIRED, 0, 0},
	} {
		refund := payment()
		refund.Refund, refund.Status, refund.SettledMs = true, c.status, c.settled
		refund.Amount = &moneyproto.Money{Minor: c.minor, Currency: "GBP"}
		if got := logic.ItemOf(refund).GetBody(); got != want {
			t.Errorf("it reads %q, want %q", got, want)
		}
	}
}
