package logic_test

import (
	"testing"
	"time"

	moneyproto "farthing/pkg/money/proto"
	"farthing/service.card-processing/logic"
	transactionsproto "farthing/service.transactions/proto"
)

func pending(hold, descriptor, mcc string, minor int64) *transactionsproto.Transaction {
	return &transactionsproto.Transaction{
		HoldId: hold, Descriptor_: descriptor, Mcc: mcc, Amount: &moneyproto.Money{Minor: -minor, Currency: "GBP"},
	}
}

func TestACollectionFindsTheAuthorisationThatItIsMostLikelyOf(t *testing.T) {
	const bistro, market = "BISTRO ANNA 0042 LONDON GBR", "MARKET HALL LONDON GBR"
	dinner, lunch := pending("dinner", bistro, "5812", 100_00), pending("lunch", bistro, "5812", 20_00)
	shop := pending("shop", market, "5411", 100_00)
	euros := pending("euros", bistro, "5812", 100_00)
	euros.Amount.Currency = "EUR"
	all := []*transactionsproto.Transaction{euros, shop, lunch, dinner}
	for _, c := range []struct {
		name, descriptor, mcc string
		minor                 int64
		want                  string
	}{
		{"exactly", bistro, "5812", 100_00, "dinner"},
		{"with a tip", bistro, "5812", 119_00, "dinner"},
		{"with too large a tip", bistro, "5812", 121_00, ""},
		{"a little less", bistro, "5812", 90_00, "dinner"},
		{"the other one", "BISTRO ANNA 0007 LEEDS GBR", "5812", 20_50, "lunch"},
		{"much less than either", bistro, "5812", 4_00, ""},
		{"by trade and amount alone", "MKT HALL LTD", "5411", 100_00, "shop"},
		{"by trade alone", "MKT HALL LTD", "5411", 99_00, ""},
		{"nobody's", "KIOSK", "5994", 100_00, ""},
	} {
		got := logic.Match(logic.FollowUp{
			Descriptor: c.descriptor, MCC: c.mcc, Amount: &moneyproto.Money{Minor: c.minor, Currency: "GBP"},
		}, all)
		if got != c.want {
			t.Errorf("%s: found %q, want %q", c.name, got, c.want)
		}
	}
	twins := []*transactionsproto.Transaction{pending("older", market, "", 5_00), pending("newer", market, "", 5_00)}
	if got := logic.Match(logic.FollowUp{
		Descriptor: market, Amount: &moneyproto.Money{Minor: 5_00, Currency: "GBP"},
	}, twins); got != "older" {
		t.Errorf("of two that are the same %q was found", got)
	}
}

func TestAHoldLastsAsLongAsItsTradeNeeds(t *testing.T) {
	const day = 24 * time.Hour
	for mcc, want := range map[string]time.Duration{
		"": 7 * day, "5814": 7 * day, "7011": 30 * day, "7512": 30 * day, "3501": 30 * day, "3351": 30 * day,
		"3000": 7 * day, "4000": 7 * day,
	} {
		if got := logic.Term(mcc); got != want {
			t.Errorf("%q has %v, want %v", mcc, got, want)
		}
	}
}
