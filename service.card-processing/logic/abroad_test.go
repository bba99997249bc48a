package logic_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	moneyproto "farthing/pkg/money/proto"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// abroad is a payment of 12.00 EUR, of which 10.00 GBP are held.
func abroad() *cardprocessingproto.Payment {
	return &cardprocessingproto.Payment{
		AccountId: "acc_1", TransactionId: "tx_1", Currency: "GBP",
		Status:          cardprocessingproto.PaymentStatus_PAYMENT_STATUS_PENDING,
		AuthorisedMinor: 10_00, HeldMinor: 10_00, Version: 1, LocalAmount: amountOf(12_00, "EUR"),
		Rate: &moneyproto.Rate{Decimal: "0.8333"},
	}
}

// What is collected in parts, each at a rate of its own, comes to the sum of what the merchant charged.
func TestEachCollectionHasAMerchantsAmountAndARateOfItsOwn(t *testing.T) {
	type part struct {
		minor int64
		local *moneyproto.Money
		rate  string
		more  bool
	}
	for name, c := range map[string]struct {
		parts []part
		local *moneyproto.Money // Of the transaction, as the last part leaves it; nil for what it was.
		rate  string
	}{
		"all":            {[]part{{10_10, amountOf(12_00, "EUR"), "0.8417", false}}, amountOf(-12_00, "EUR"), "0.8417"},
		"some of it yet": {[]part{{4_00, amountOf(5_00, "EUR"), "0.8", true}}, nil, ""},
		"in two parts": {
			[]part{{4_00, amountOf(5_00, "EUR"), "0.8", true}, {6_00, amountOf(7_50, "EUR"), "0.81", false}},
			amountOf(-12_50, "EUR"), "0.81",
		},
		"in two currencies": {
			[]part{{4_00, amountOf(5_00, "EUR"), "0.8", true}, {6_00, amountOf(8_00, "USD"), "0.75", false}}, nil, "",
		},
		"without saying": {[]part{{10_00, nil, "", false}}, nil, ""},
	} {
		p := abroad()
		for i, sent := range c.parts {
			said := logic.Said{
				Kind: logic.Clearing, MessageID: name + string(rune('a'+i)), Minor: sent.minor, Local: sent.local,
				MoreFollows: sent.more,
			}
			if sent.rate != "" {
				said.Rate = &moneyproto.Rate{Decimal: sent.rate}
			}
			e := logic.Plan(p, said, noon)
			after := logic.After(p, e)
			if e.GetRate().GetDecimal() != sent.rate || !proto.Equal(e.GetLocalAmount(), sent.local) {
				t.Errorf("%s: the event is %v", name, e)
			}
			last := i == len(c.parts)-1
			if !last {
				p = after
				continue
			}
			var follow *transactionsproto.FollowRequest // None if the customer sees no change.
			if all := logic.Follow(p, after, e); len(all) > 0 {
				follow = all[0]
			}
			if !proto.Equal(follow.GetLocalAmount(), c.local) || follow.GetRate().GetDecimal() != c.rate {
				t.Errorf("%s: the transaction becomes %v", name, follow)
			}
			p = after
		}
		if p.GetRate().GetDecimal() != "0.8333" || p.GetLocalAmount().GetMinor() != 12_00 {
			t.Errorf("%s: what was authorised became %v", name, p)
		}
	}
}
