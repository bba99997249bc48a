package logic_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	merchantproto "farthing/service.merchant/proto"
	"farthing/service.transaction-enrichment/logic"
	transactionsproto "farthing/service.transactions/proto"
)

func TestAResolvedMerchantIsKeptWhole(t *testing.T) {
	got := logic.Resolved(&transactionsproto.Transaction{Id: "tx_1", AccountId: "acc_1"}, &merchantproto.Merchant{
		Id: "merch_1", GroupId: "grp_1", Name: "Pret A Manger", LogoUrl: "https://example.com/pret.png", Emoji: "🥪",
		Category: "eating_out", City: "London", Country: "GB", Online: true, Atm: true, Known: true,
	})
	want := &transactionsproto.EnrichRequest{
		TransactionId: "tx_1", AccountId: "acc_1", Version: logic.ResolvedVersion, Category: "eating_out",
		Merchant: &transactionsproto.Merchant{
			Id: "merch_1", GroupId: "grp_1", Name: "Pret A Manger", LogoUrl: "https://example.com/pret.png", Emoji: "🥪",
			Category: "eating_out", City: "London", Country: "GB", Online: true, Atm: true,
		},
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Fatal(diff)
	}
}

func TestAFallbackIsTidyProvisionalAndBelowWhatIsResolved(t *testing.T) {
	got := logic.Fallback(&transactionsproto.Transaction{Id: "tx_1", Descriptor_: "SQ *OZONE  COFFEE É LONDON GBR"})
	switch merchant := got.GetMerchant(); {
	case merchant.GetName() != "Sq *ozone Coffee É London Gbr":
		t.Errorf("it is called %q", merchant.GetName())
	case !merchant.GetProvisional() || got.GetCategory() != "general" || merchant.GetEmoji() == "":
		t.Errorf("it is %v", merchant)
	case got.GetVersion() < 1 || got.GetVersion() >= logic.ResolvedVersion:
		t.Errorf("its version is %d", got.GetVersion())
	}
}

func TestAnyDescriptorGivesAFallbackThatStaysTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		descriptor := rapid.String().Draw(t, "descriptor")
		a := logic.Fallback(&transactionsproto.Transaction{Id: "tx_1", Descriptor_: descriptor})
		b := logic.Fallback(&transactionsproto.Transaction{Id: "tx_2", Descriptor_: descriptor})
		if !proto.Equal(a.GetMerchant(), b.GetMerchant()) {
			t.Fatalf("%q is %v and %v", descriptor, a, b)
		}
		name, blank := a.GetMerchant().GetName(), strings.TrimSpace(descriptor) == ""
		if !utf8.ValidString(name) || (name == "") != blank {
			t.Fatalf("%q is called %q", descriptor, name)
		}
	})
}
