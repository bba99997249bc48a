package issuer

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	moneyproto "farthing/pkg/money/proto"
	"farthing/service.card-api/iso8583"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// abroad is a request of 12.00 EUR that are 10.21 GBP.
func abroad(mti string) iso8583.Message {
	return request(mti).With(4, "1200").With(49, "978").With(6, "1021").With(51, "826").With(10, "40008512")
}

func TestARateIsWhatItSaysExactly(t *testing.T) {
	for sent, want := range map[string]string{
		"40008512": "0.8512", "70000001": "0.0000001", "01234567": "1234567", "00000001": "1", "68512000": "8.512",
		"71000000": "0.1", "91234567": "0.001234567", "81234560": "0.0123456", "20000100": "1", "30123450": "123.45",
	} {
		s := &sheet{Message: abroad("0100").With(10, sent)}
		if got := s.rate(); got != want || s.err != nil {
			t.Errorf("%s: got %q, %v, want %q", sent, got, s.err, want)
		}
	}
}

func TestWhichRateIsTheAccounts(t *testing.T) {
	for name, c := range map[string]struct {
		sent iso8583.Message
		want string
	}{
		"10":                             {abroad("0100").With(9, "10000009").With(50, "826"), "0.8512"},
		"9, in the account's currency":   {abroad("0100").With(10, "").With(9, "10000009").With(50, "826"), "0.9"},
		"9, in another":                  {abroad("0100").With(10, "").With(9, "10000009").With(50, "840"), ""},
		"none":                           {abroad("0100").With(10, ""), ""},
		"at home":                        {request("0100").With(10, "61000000"), ""},
		"at home, in both amounts":       {request("0100").With(6, "350").With(51, "826").With(10, "61000000"), ""},
		"without the settlement, only 9": {abroad("0100").With(10, "").With(9, "10000009"), ""},
	} {
		if got := (&sheet{Message: c.sent}).rate(); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestWhatWasFoundIsReadByItsPlace(t *testing.T) {
	const (
		match, mismatch, unchecked = cardprocessingproto.CheckResult_CHECK_RESULT_MATCH,
			cardprocessingproto.CheckResult_CHECK_RESULT_NO_MATCH, cardprocessingproto.CheckResult_CHECK_RESULT_NOT_CHECKED
		wrong, exceeded = cardprocessingproto.PINResult_PIN_RESULT_WRONG,
			cardprocessingproto.PINResult_PIN_RESULT_TRIES_EXCEEDED
		verified, untried = cardprocessingproto.PINResult_PIN_RESULT_VERIFIED,
			cardprocessingproto.PINResult_PIN_RESULT_NOT_TRIED
	)
	for name, c := range map[string]struct {
		sent iso8583.Message
		want *cardprocessingproto.Verification
	}{
		"nothing":        {request("0100"), nil},
		"the date":       {request("0100").With(14, "2911"), &cardprocessingproto.Verification{Expiry: "2029-11"}},
		"a late date":    {request("0100").With(14, "7001"), &cardprocessingproto.Verification{Expiry: "2070-01"}},
		"a code":         {request("0100").With(61, "M"), &cardprocessingproto.Verification{Cvv: match}},
		"a PIN":          {request("0100").With(61, "  X"), &cardprocessingproto.Verification{Pin: exceeded}},
		"an address":     {request("0100").With(61, "   N"), &cardprocessingproto.Verification{Address: mismatch}},
		"a verified PIN": {request("0100").With(61, "  M"), &cardprocessingproto.Verification{Pin: verified}},
		"no tried PIN":   {request("0100").With(61, "  U"), &cardprocessingproto.Verification{Pin: untried}},
		"everything": {request("0100").With(14, "2912").With(61, "UMNN"), &cardprocessingproto.Verification{
			Expiry: "2029-12", Cvv: unchecked, Cryptogram: match, Pin: wrong, Address: mismatch,
		}},
	} {
		p := approving()
		ask(t, p, c.sent)
		got := p.asked[0].(*cardprocessingproto.AuthoriseRequest).GetVerification()
		if diff := cmp.Diff(c.want, got, protocmp.Transform()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestCashBesideAPurchase(t *testing.T) {
	home := request("0100").With(3, "090000").With(54, "0040826D000000000150")
	for name, c := range map[string]struct {
		sent iso8583.Message
		want int64
	}{
		"in pounds": {home, 1_50},
		"among other amounts": {
			request("0100").With(3, "090000").
				With(54, "0057826C000000000350"+"0040978D000000000170"+"0040826C000000000150"), 1_50,
		},
		"of a purchase, which has none": {request("0100").With(54, "0040826D000000000150"), 0},
		"abroad, in the account's currency": {
			abroad("0100").With(3, "090000").With(54, "0040978D000000000200"+"0040826D000000000170"), 1_70,
		},
	} {
		p := approving()
		ask(t, p, c.sent)
		got := p.asked[0].(*cardprocessingproto.AuthoriseRequest)
		if got.GetCashback().GetMinor() != c.want || got.GetCash() {
			t.Errorf("%s: asked for %v", name, got)
		}
	}
	p := approving()
	p.decides.Cashback = pounds(1_50)
	if all, _ := ask(t, p, home); all.Get(39) != iso8583.Approved || all.Get(54) != "0040826C000000000150" {
		t.Errorf("all of it: 39 is %q, 54 %q", all.Get(39), all.Get(54))
	}
	p.decides.Cashback, p.decides.Amount = nil, pounds(2_00)
	alone, _ := ask(t, p, home.With(60, "1"))
	if alone.Get(39) != iso8583.PurchaseOnly || alone.Get(4) != "000000000200" || !alone.Has(38) {
		t.Errorf("the purchase alone: 39 is %q, 4 %q, 38 %q", alone.Get(39), alone.Get(4), alone.Get(38))
	}
}

func TestAnInquiryTellsWhatThereIs(t *testing.T) {
	bare := request("0100").With(3, "301000").With(4, "").With(49, "").With(43, "")
	want := &cardprocessingproto.InquireBalanceRequest{
		Message: &cardprocessingproto.Message{Network: ids("000042", noon), CardNumber: number}, Mcc: "5814",
		EntryMode: contactless, Country: "GB",
		Verification: &cardprocessingproto.Verification{Pin: cardprocessingproto.PINResult_PIN_RESULT_VERIFIED},
	}
	for _, sent := range []iso8583.Message{bare.With(61, "  M"), request("0201").With(3, "310000").With(61, "  M")} {
		p := approving()
		told, _ := ask(t, p, sent)
		if told.Get(39) != "00" || told.Get(54) != "0002826C000000009650"+"0001826C000000010000" || told.Has(38) {
			t.Errorf("%v: answered %q with %q, 38 %q", sent, told.Get(39), told.Get(54), told.Get(38))
		}
		if diff := cmp.Diff([]proto.Message{want}, p.asked, protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
	}
	p := approving()
	p.has = &cardprocessingproto.InquireBalanceResponse{DeclineReason: "wrong_pin"}
	if told, _ := ask(t, p, bare); told.Get(39) != iso8583.WrongPIN || told.Has(54) {
		t.Errorf("declined: answered %q with %q", told.Get(39), told.Get(54))
	}
}

func TestMessagesAboutRefundsNameWhatTheyAreAbout(t *testing.T) {
	own := &cardprocessingproto.Message{Network: ids("000043", noon), CardNumber: number}
	first := ids("000042", noon.Add(-1_000_000_000))
	original, refunded := &cardprocessingproto.Original{Network: first}, &cardprocessingproto.Named{Network: first}
	other := func(letter string, stan int) string {
		return fmt.Sprintf("%s0100%06d1109123053%011d%011d", letter, stan, 0, 0)
	}
	authorised := &cardprocessingproto.Named{Network: ids("000007", noon)}
	euros := &moneyproto.Money{Minor: 12_00, Currency: "EUR"}
	refund := func(m iso8583.Message) iso8583.Message { return m.With(3, "200000") }
	for name, c := range map[string]struct {
		sent iso8583.Message
		want proto.Message
	}{
		"0100": {refund(about("0100", "0100")), &cardprocessingproto.AuthoriseRefundRequest{
			Message: own, Original: original, Amount: pounds(3_50), Descriptor_: shop, Mcc: "5814",
		}},
		"0120, of no purchase, abroad": {
			refund(abroad("0120").With(11, "000043")), &cardprocessingproto.AuthoriseRefundRequest{
				Message: own, Amount: pounds(10_21), LocalAmount: euros, ConversionRate: "0.8512", Descriptor_: shop,
				Mcc: "5814",
			},
		},
		"0220, that was authorised": {
			refund(about("0220", "0200")).With(56, other("A", 7)), &cardprocessingproto.RefundRequest{
				Message: own, Original: original, Amount: pounds(3_50), Descriptor_: shop, Mcc: "5814",
				RefundAuthorisation: authorised,
			},
		},
		"0200, abroad": {refund(abroad("0200").With(11, "000043")), &cardprocessingproto.RefundRequest{
			Message: own, Amount: pounds(10_21), LocalAmount: euros, ConversionRate: "0.8512", Descriptor_: shop, Mcc: "5814",
		}},
		"0420 of a refund": {refund(about("0420", "0200")), &cardprocessingproto.ReverseRefundRequest{
			Message: own, Refund: refunded,
		}},
		"0400 of a refund's authorisation": {refund(about("0400", "0100")), &cardprocessingproto.ReverseRefundRequest{
			Message: own, RefundAuthorisation: refunded,
		}},
		"0420 of an authorised refund of a purchase": {
			refund(about("0420", "0220")).With(56, other("A", 7)+other("P", 8)), &cardprocessingproto.ReverseRefundRequest{
				Message: own, Original: &cardprocessingproto.Original{Network: ids("000008", noon)}, Refund: refunded,
				RefundAuthorisation: authorised,
			},
		},
	} {
		p := approving()
		if reply, _ := ask(t, p, c.sent); reply.Get(39) != iso8583.Approved {
			t.Errorf("%s: answered %q %q", name, reply.Get(39), reply.Get(44))
		}
		if diff := cmp.Diff([]proto.Message{c.want}, p.asked, protocmp.Transform()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// What a policy approves while the ledger is away is approved; but there is nothing yet that could be collected.
func TestAPolicysApprovalIsOneButNoSale(t *testing.T) {
	p := approving()
	p.decides = &cardprocessingproto.AuthoriseResponse{
		AuthorisationId: "auth_1", Approved: true, Amount: pounds(3_50), StoodIn: true,
	}
	if told, _ := ask(t, p, request("0100")); told.Get(39) != iso8583.Approved || !told.Has(38) {
		t.Errorf("an authorisation was answered %q", told.Get(39))
	}
	if told, _ := ask(t, p, request("0200")); told.Get(39) != iso8583.IssuerInoperative || len(p.asked) != 2 {
		t.Errorf("a sale was answered %q, after %d calls", told.Get(39), len(p.asked))
	}
}
