package logic_test

import (
	"testing"
	"time"

	moneyproto "farthing/pkg/money/proto"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
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
		doubt                 cardprocessingproto.UnmatchedReason
	}{
		{"exactly", bistro, "5812", 100_00, "dinner", 0},
		{"with a tip", bistro, "5812", 119_00, "dinner", 0},
		{"with too large a tip", bistro, "5812", 121_00, "", logic.BeyondTolerance},
		{"a little less", bistro, "5812", 90_00, "dinner", 0},
		{"the other one", "BISTRO ANNA 0007 LEEDS GBR", "5812", 20_50, "lunch", 0},
		{"much less than either", bistro, "5812", 4_00, "", logic.BeyondTolerance},
		{"by trade and amount alone", "MKT HALL LTD", "5411", 100_00, "shop", 0},
		{"by trade alone", "MKT HALL LTD", "5411", 99_00, "", logic.NoAuthorisation},
		{"nobody's", "KIOSK", "5994", 100_00, "", logic.NoAuthorisation},
	} {
		got, doubt := logic.Match(logic.FollowUp{
			Descriptor: c.descriptor, MCC: c.mcc, Amount: &moneyproto.Money{Minor: c.minor, Currency: "GBP"},
		}, all)
		if got != c.want || doubt.GetReason() != c.doubt {
			t.Errorf("%s: found %q with %v, want %q with %v", c.name, got, doubt, c.want, c.doubt)
		}
	}
	twins := []*transactionsproto.Transaction{pending("older", market, "", 5_00), pending("newer", market, "", 5_00)}
	if got, doubt := logic.Match(logic.FollowUp{
		Descriptor: market, Amount: &moneyproto.Money{Minor: 5_00, Currency: "GBP"},
	}, twins); got != "older" || doubt != nil {
		t.Errorf("of two that are the same %q was found, with %v", got, doubt)
	}
}

func TestACollectionThatIsLikeSeveralIsDoubted(t *testing.T) {
	const market = "MARKET HALL LONDON GBR"
	alike := []*transactionsproto.Transaction{
		pending("hold_first", market, "5411", 100_00), pending("hold_second", market, "5411", 101_00),
	}
	got, doubt := logic.Match(logic.FollowUp{
		Descriptor: market, MCC: "5411", Amount: &moneyproto.Money{Minor: 99_00, Currency: "GBP"},
	}, alike)
	if got != "hold_first" || doubt.GetReason() != logic.Ambiguous || len(doubt.GetCandidates()) != len(alike) {
		t.Errorf("found %q with %v", got, doubt)
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
