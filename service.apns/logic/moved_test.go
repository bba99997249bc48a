package logic_test

import (
	"encoding/json"
	"testing"

	moneyproto "farthing/pkg/money/proto"
	"farthing/service.apns/logic"
	transactionsproto "farthing/service.transactions/proto"
)

func TestAPhoneShowsWhatBecameOfMoneyThatWasMoved(t *testing.T) {
	const settled = transactionsproto.Status_STATUS_SETTLED
	for _, c := range []struct {
		kind   transactionsproto.Kind
		status transactionsproto.Status
		minor  int64
		want   string
	}{
		{transactionsproto.Kind_KIND_PAYMENT_IN, settled, 3_50, "You received £3.50"},
		{transactionsproto.Kind_KIND_PAYMENT_OUT, settled, -3_50, "You sent £3.50"},
		{
			transactionsproto.Kind_KIND_PAYMENT_OUT, transactionsproto.Status_STATUS_REVERSED, 0,
			"Your payment was refused by the other bank: the money is back in your account",
		},
		{
			transactionsproto.Kind_KIND_PAYMENT_RETURNED, settled, 3_50,
			"Your payment of £3.50 was returned: the money is back in your account",
		},
		{transactionsproto.Kind_KIND_STANDING_ORDER, settled, -3_50, "Your standing order of £3.50 was paid"},
		{
			transactionsproto.Kind_KIND_STANDING_ORDER, transactionsproto.Status_STATUS_DECLINED, -3_50,
			"Your standing order of £3.50 was not paid: there was not enough money in your account",
		},
		{transactionsproto.Kind_KIND_POT_DEPOSIT, settled, -3_50, "You moved £3.50 into your pot"},
		{transactionsproto.Kind_KIND_POT_WITHDRAWAL, settled, 3_50, "You moved £3.50 out of your pot"},
	} {
		got := bodyOf(t, &transactionsproto.Transaction{
			Id: "tx_1", AccountId: "acc_1", Kind: c.kind, Status: c.status, DeclineReason: "insufficient_funds",
			Amount: &moneyproto.Money{Minor: c.minor, Currency: "GBP"},
		})
		if got != c.want {
			t.Errorf("%v %v reads %q, want %q", c.kind, c.status, got, c.want)
		}
	}
}

func bodyOf(t *testing.T, of *transactionsproto.Transaction) string {
	t.Helper()
	payload, err := logic.Payload(of)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		APS struct{ Alert struct{ Body string } }
	}
	if err := json.Unmarshal(payload, &got); err != nil {
		t.Fatal(err)
	}
	return got.APS.Alert.Body
}

func TestAPhoneShowsWhatTheMerchantChargedAndTheCashItGave(t *testing.T) {
	paid := payment(transactionsproto.Status_STATUS_PENDING)
	paid.LocalAmount = &moneyproto.Money{Minor: -4_10, Currency: "EUR"}
	if got := bodyOf(t, paid); got != "You paid £3.50 (€4.10)" {
		t.Errorf("abroad it reads %q", got)
	}
	paid = payment(transactionsproto.Status_STATUS_PENDING)
	paid.Cashback = &moneyproto.Money{Minor: -2_00, Currency: "GBP"}
	if got := bodyOf(t, paid); got != "You paid £3.50, including £2.00 cash" {
		t.Errorf("with cash it reads %q", got)
	}
}
