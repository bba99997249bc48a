package logic_test

import (
	"testing"

	moneyproto "farthing/pkg/money/proto"
	"farthing/service.feed-generator/logic"
	transactionsproto "farthing/service.transactions/proto"
)

func TestWhatIsNoCardPaymentReadsAsCustomersExpect(t *testing.T) {
	const settled = transactionsproto.Status_STATUS_SETTLED
	for _, c := range []struct {
		kind        transactionsproto.Kind
		status      transactionsproto.Status
		notes, want string
	}{
		{transactionsproto.Kind_KIND_PAYMENT_IN, settled, "", "Payment received"},
		{transactionsproto.Kind_KIND_PAYMENT_IN, settled, "SALARY", "SALARY"},
		{transactionsproto.Kind_KIND_PAYMENT_OUT, settled, "", "Payment sent"},
		{
			transactionsproto.Kind_KIND_PAYMENT_OUT, transactionsproto.Status_STATUS_REVERSED, "RENT",
			"Refused by the other bank: the money is back in your account",
		},
		{
			transactionsproto.Kind_KIND_PAYMENT_RETURNED, settled, "RENT",
			"Payment returned: the money is back in your account",
		},
		{transactionsproto.Kind_KIND_STANDING_ORDER, settled, "", "Standing order"},
		{
			transactionsproto.Kind_KIND_STANDING_ORDER, transactionsproto.Status_STATUS_DECLINED, "",
			"Standing order not paid: there was not enough money in your account",
		},
		{transactionsproto.Kind_KIND_POT_DEPOSIT, settled, "", "Moved into your pot"},
		{transactionsproto.Kind_KIND_POT_WITHDRAWAL, settled, "", "Moved out of your pot"},
	} {
		item := logic.ItemOf(&transactionsproto.Transaction{
			Id: "tx_1", AccountId: "acc_1", UserId: "user_1", Kind: c.kind, Status: c.status, Notes: c.notes,
			Amount: &moneyproto.Money{Minor: -1, Currency: "GBP"}, DeclineReason: "insufficient_funds",
			Counterparty: &transactionsproto.Counterparty{Name: "Grace Hopper"},
		})
		if item.GetTitle() != "Grace Hopper" || item.GetBody() != c.want || !item.GetPersonal() || item.GetEmoji() == "" {
			t.Errorf("%v %v reads %v, want %q", c.kind, c.status, item, c.want)
		}
	}
}
