package issuer

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	moneyproto "farthing/pkg/money/proto"
	"farthing/service.card-api/iso8583"
	cardprocessingproto "farthing/service.card-processing/proto"
)

const contactless = cardprocessingproto.EntryMode_ENTRY_MODE_CONTACTLESS

// authorisation is what request asks.
func authorisation() *cardprocessingproto.AuthoriseRequest {
	return &cardprocessingproto.AuthoriseRequest{
		Network: ids("000042", noon), CardNumber: number, Amount: pounds(3_50), Descriptor_: shop, Mcc: "5814",
		EntryMode: contactless, Country: "GB",
	}
}

// changed is a message with some changes.
func changed[M proto.Message](m M, change func(M)) M {
	change(m)
	return m
}

// leaves is an element 95 that leaves so many pence.
func leaves(minor int) string { return fmt.Sprintf("%012d%030d", minor, 0) }

// meaning is a message, and what it asks card-processing for, in this order.
type meaning struct {
	sent iso8583.Message
	want []proto.Message
}

func meanings() map[string]meaning {
	own := &cardprocessingproto.Message{Network: ids("000043", noon), CardNumber: number}
	original := &cardprocessingproto.Original{Network: ids("000042", noon.Add(-time.Second))}
	type authorise = *cardprocessingproto.AuthoriseRequest
	clearing := &cardprocessingproto.ClearRequest{
		Message: own, Original: original, Amount: pounds(3_50), Descriptor_: shop, Mcc: "5814",
	}
	self := &cardprocessingproto.Message{Network: ids("000042", noon), CardNumber: number}
	return map[string]meaning{
		"0100":             {request("0100"), []proto.Message{authorisation()}},
		"0101, its repeat": {request("0101"), []proto.Message{authorisation()}},
		"0100 for cash": {request("0100").With(3, "010000"), []proto.Message{
			changed(authorisation(), func(r authorise) { r.Cash = true }),
		}},
		"0100, partial too": {request("0100").With(60, "1"), []proto.Message{
			changed(authorisation(), func(r authorise) { r.AcceptPartial = true }),
		}},
		"0100 by token": {request("0100").With(2, "").With(62, "card_1"), []proto.Message{
			changed(authorisation(), func(r authorise) { r.CardNumber, r.CardId = "", "card_1" }),
		}},
		"0100 abroad": {
			request("0100").With(4, "700").With(49, "392").With(6, "350").With(51, "826").With(10, "70050000").With(19, "392"),
			[]proto.Message{changed(authorisation(), func(r authorise) {
				r.LocalAmount, r.Country, r.ConversionRate = &moneyproto.Money{Minor: 700, Currency: "JPY"}, "JP", "0.005"
			})},
		},
		"0120": {request("0120"), []proto.Message{changed(authorisation(), func(r authorise) { r.Advice = true })}},
		"0100 about another": {about("0100", "0100"), []proto.Message{
			&cardprocessingproto.IncrementRequest{Message: own, Original: original, Amount: pounds(3_50)},
		}},
		"0120 about another": {about("0121", "0100"), []proto.Message{
			&cardprocessingproto.AdviseRequest{Message: own, Original: original, Amount: pounds(3_50)},
		}},
		"0200": {request("0200"), []proto.Message{authorisation(), &cardprocessingproto.ClearRequest{
			Message: self, Original: &cardprocessingproto.Original{Network: ids("000042", noon)}, Amount: pounds(3_50),
			Descriptor_: shop, Mcc: "5814", OnlyHeld: true,
		}}},
		"0220 about another": {about("0220", "0100"), []proto.Message{clearing}},
		"0220 about another, more to come": {about("0220", "0100").With(60, "01"), []proto.Message{
			changed(proto.CloneOf(clearing), func(r *cardprocessingproto.ClearRequest) { r.MoreFollows = true }),
		}},
		"0220": {request("0220"), []proto.Message{&cardprocessingproto.ClearRequest{
			Message: self, Amount: pounds(3_50), Descriptor_: shop, Mcc: "5814",
		}}},
		"0200, a refund": {request("0200").With(3, "200000"), []proto.Message{&cardprocessingproto.RefundRequest{
			Message: self, Amount: pounds(3_50), Descriptor_: shop, Mcc: "5814",
		}}},
		"0400": {about("0400", "0100"), []proto.Message{
			&cardprocessingproto.ReverseRequest{Message: own, Original: original},
		}},
		"0421 of a part": {about("0421", "0100").With(95, leaves(1_50)), []proto.Message{
			&cardprocessingproto.ReverseRequest{Message: own, Original: original, Amount: pounds(2_00)},
		}},
		"0420 of a 0200 that nothing was collected of": {about("0420", "0200"), []proto.Message{
			&cardprocessingproto.ReverseRequest{Message: own, Original: original},
		}},
	}
}

func TestEachMessageAsksForWhatItMeans(t *testing.T) {
	for name, c := range meanings() {
		t.Run(name, func(t *testing.T) {
			p := approving()
			if reply, _ := ask(t, p, c.sent); reply.Get(iso8583.ResponseCode) != iso8583.Approved {
				t.Errorf("answered %s %q", reply.Get(iso8583.ResponseCode), reply.Get(iso8583.AdditionalResponse))
			}
			if diff := cmp.Diff(c.want, p.asked, protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAReversalSendsBackWhatASingleMessageHasCollectedOnce(t *testing.T) {
	whole, part := about("0420", "0200"), about("0420", "0200").With(95, leaves(1_50))
	for name, c := range map[string]struct {
		sent                        iso8583.Message
		cleared, refunded, released int64
		want                        int64
	}{
		"all":                          {whole, 3_50, 0, 0, 3_50},
		"what was not refunded yet":    {whole, 3_50, 1_00, 0, 2_50},
		"nothing that was refunded":    {whole, 3_50, 3_50, 0, 0},
		"a part":                       {part, 3_50, 0, 0, 2_00},
		"nothing that was only held":   {part, 1_50, 0, 2_00, 0},
		"no more than there is":        {part, 3_50, 3_00, 0, 50},
		"nothing after a great refund": {whole, 3_50, 4_00, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := approving()
			p.payment.ClearedMinor, p.payment.RefundedMinor = c.cleared, c.refunded
			p.event = &cardprocessingproto.PaymentEvent{ReleasedMinor: c.released}
			ask(t, p, c.sent)
			var sentBack int64
			for _, each := range p.asked {
				if refund, ok := each.(*cardprocessingproto.RefundRequest); ok {
					sentBack += refund.GetAmount().GetMinor()
				}
			}
			if sentBack != c.want {
				t.Errorf("%d was sent back, want %d", sentBack, c.want)
			}
		})
	}
}

func TestAnAnswerHasItsCodes(t *testing.T) {
	approved, _ := ask(t, approving(), request("0100"))
	again, _ := ask(t, approving(), request("0101"))
	if code := approved.Get(38); len(code) != 6 || code != again.Get(38) || approved.Get(39) != "00" || approved.Has(54) {
		t.Errorf("approved: 38 is %q, a repeat's %q, 39 %q, 54 %q", code, again.Get(38), approved.Get(39), approved.Get(54))
	}
	if approved.Has(iso8583.PAN) || !strings.Contains(approved.Get(63), "AUTH=auth_1 TX=tx_1") {
		t.Errorf("approved: %v, %q", approved, approved.Get(63))
	}
	p := approving()
	p.decides.Amount, p.decides.Balance = pounds(2_00), pounds(-5_00)
	part, _ := ask(t, p, request("0100").With(60, "1"))
	const entries = "0057826C000000000350" + "0002826D000000000500"
	if part.Get(39) != "10" || part.Get(4) != "000000000200" || part.Get(54) != entries || !part.Has(38) {
		t.Errorf("in part: 39 is %q, 4 %q, 54 %q", part.Get(39), part.Get(4), part.Get(54))
	}
	abroad, _ := ask(t, p, request("0100").With(60, "1").With(4, "700").With(49, "392").With(6, "350").With(51, "826"))
	if abroad.Get(6) != "000000000200" || abroad.Get(4) != "000000000700" {
		t.Errorf("in part abroad: 4 is %q, 6 %q", abroad.Get(4), abroad.Get(6))
	}
	p.decides = &cardprocessingproto.AuthoriseResponse{AuthorisationId: "auth_1", DeclineReason: "insufficient_funds"}
	declined, _ := ask(t, p, request("0200"))
	if declined.MTI != "0210" || declined.Get(39) != "51" || declined.Has(38) || len(p.asked) != 3 {
		t.Errorf("declined: %v with %q, after %d calls", declined, declined.Get(39), len(p.asked))
	}
}

func TestASaleThatIsReversedMeanwhileIsDeclined(t *testing.T) {
	p := approving()
	p.event = &cardprocessingproto.PaymentEvent{DeclineReason: "payment_ended"}
	if reply, _ := ask(t, p, request("0200")); reply.Get(39) != iso8583.NoActionTaken || reply.Has(38) {
		t.Errorf("answered %q, 38 %q", reply.Get(39), reply.Get(38))
	}
}

func TestWhatIsNotUnderstoodIsRefusedByElement(t *testing.T) {
	for says, m := range map[string]iso8583.Message{
		"field 37 is missing": request("0100").With(37, ""), "field 32 is missing": request("0100").With(32, ""),
		"field 41 is missing": request("0100").With(41, ""), "field 7 is missing": request("0100").With(7, ""),
		"field 3 is missing": request("0100").With(3, ""), "field 4 is missing": request("0200").With(4, ""),
		"field 49 is missing": request("0100").With(49, ""), "field 43 is missing": request("0100").With(43, ""),
		"field 2 is missing": request("0100").With(2, ""), "field 62 excludes field 2": request("0100").With(62, "card_1"),
		"field 49 is no currency":    request("0100").With(49, "999"),
		"field 4 must be above zero": request("0100").With(4, "0"),
		"field 51 is missing":        request("0100").With(6, "350"), "field 14 is no YYMM": request("0100").With(14, "2913"),
		"field 19 is no country":     request("0100").With(19, "999"),
		"field 7 has no MMDDhhmmss":  request("0100").With(7, "1309123053"),
		"field 90 is missing":        request("0420"),
		"field 90 has no MMDDhhmmss": request("0420").With(90, strings.Repeat("9", 42)),
		"field 95 leaves too much":   about("0420", "0100").With(95, leaves(3_50)),
		"field 95 must be digits":    about("0420", "0100").With(95, strings.Repeat("A", 42)),
		"field 70 is missing":        iso8583.New("0800").With(11, "1"),
		"field 54 has no amount 40":  request("0100").With(3, "090000"),
		"field 54 must be above ze":  request("0100").With(3, "090000").With(54, "0040826D000000000000"),
		"field 61 has no such resu":  request("0100").With(61, "  3"),
		"field 61 has too many res":  request("0100").With(61, "MMMMM"),
		"field 10 must be above ze":  abroad("0100").With(10, "40000000"),
		"field 10 is not acceptabl":  abroad("0100").With(10, "40000001"),
		"field 56 must name messag":  request("0220").With(3, "200000").With(56, "A0100"),
		"field 56 must begin with ":  request("0220").With(3, "200000").With(56, "X"+about("0420", "0100").Get(90)),
		"field 95 has no billing a":  about("0420", "0100").With(6, "1").With(51, "826").With(95, leaves(1)),
		"field 43 is not acceptabl":  request("0120"),
		"field 90 is not acceptabl":  about("0100", "0100"),
		"field 49 is not acceptabl":  request("0100").With(13, "1109"),
	} {
		t.Run(says, func(t *testing.T) {
			p := approving()
			if strings.HasSuffix(says, "acceptabl") { // Then it is service.card-processing that refuses.
				p.fails = errs.BadParam(map[string]string{
					"43": "descriptor", "90": "original.network.stan", "49": "amount.currency", "10": "conversion_rate",
				}[says[6:8]], "is bad")
			}
			reply, _ := ask(t, p, m)
			if got := reply.Get(44); reply.Get(39) != iso8583.FormatFault || got != says[:min(len(says), 25)] {
				t.Errorf("answered %s %q", reply.Get(39), got)
			}
			if p.fails == nil && len(p.asked) > 0 {
				t.Errorf("it was asked for nevertheless: %v", p.asked)
			}
		})
	}
}

func TestErrorsHaveTheirCodesAndAreLoggedWithoutTheCard(t *testing.T) {
	for code, c := range map[string]struct {
		sent   iso8583.Message
		fails  error
		logged bool
	}{
		"14": {request("0420").With(90, about("0420", "0100").Get(90)), errs.Missing("card"), false},
		"25": {request("0100"), errs.Missing("payment"), false},
		"94": {request("0100"), errs.New(errs.Conflict+".message", "another content"), false},
		"91": {request("0100"), errs.New(errs.OutcomeUnknown, "of "+number), true},
		"96": {request("0100"), errors.New("something about " + number), true},
		"40": {request("0100").With(3, "400000"), nil, false},
	} {
		p := approving()
		p.fails = c.fails
		reply, logged := ask(t, p, c.sent)
		if reply.Get(39) != code || (logged != "") != c.logged || strings.Contains(logged, number) {
			t.Errorf("%v: answered %q, want %s; the log says %q", c.fails, reply.Get(39), code, logged)
		}
	}
	for name, m := range map[string]iso8583.Message{
		"some of a refund's reversal": about("0420", "0200").With(3, "200000").With(95, leaves(1)),
		"an inquiry's advice":         request("0120").With(3, "310000"), "a told inquiry": request("0220").With(3, "300000"),
		"a declined refund's advice": request("0120").With(3, "200000").With(39, "05"),
		"a sale about another":       about("0200", "0100"), "a collection's reversal": about("0420", "0220"),
		"a transfer": request("0200").With(3, "400000"), "another class": request("0600"),
		"an advice of a decline": request("0120").With(39, "05"),
		"a key exchange":         iso8583.New("0800").With(11, "1").With(70, "161"),
	} {
		p := approving()
		if reply, _ := ask(t, p, m); reply.Get(39) != iso8583.NotSupported || len(p.asked) > 0 {
			t.Errorf("%s: answered %q after %d calls", name, reply.Get(39), len(p.asked))
		}
	}
	if reply, _ := ask(t, approving(), request("0100").With(2, "4111111111111112")); reply.Get(39) != iso8583.InvalidCard {
		t.Errorf("a number with a wrong check digit was answered %q", reply.Get(39))
	}
}

func TestTheLineIsManaged(t *testing.T) {
	for _, function := range []string{"001", "002", "301"} {
		m := iso8583.New("0800").With(11, "7").With(7, "1109123053").With(70, function)
		reply, _ := ask(t, approving(), m)
		if reply.MTI != "0810" || reply.Get(39) != "00" || reply.Get(70) != function || reply.Get(11) != "000007" {
			t.Errorf("%s: answered %v with %q", function, reply, reply.Get(39))
		}
	}
}

func TestAMessageIsAnsweredInTimeThoughNobodyAnswersIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, watch := approving(), clock.Start()
		p.stuck = make(chan struct{})
		defer close(p.stuck)
		reply, _ := ask(t, p, request("0100"))
		if took := watch.Elapsed(); reply.Get(39) != iso8583.IssuerInoperative || took != 1500*time.Millisecond {
			t.Errorf("answered %q after %v", reply.Get(39), took)
		}
	})
}

func TestTheYearIsTheNearest(t *testing.T) {
	for _, c := range []struct{ now, sent, want string }{
		{"2027-01-01T00:00:05Z", "1231235955", "2026-12-31T23:59:55Z"},
		{"2026-12-31T23:59:55Z", "0101000005", "2027-01-01T00:00:05Z"},
		{"2026-07-01T00:00:00Z", "0701000000", "2026-07-01T00:00:00Z"},
		{"2028-03-01T00:00:00Z", "0229120000", "2028-02-29T12:00:00Z"},
		{"2027-03-01T00:00:00Z", "0229120000", "2028-02-29T12:00:00Z"},
	} {
		now, _ := time.Parse(time.RFC3339, c.now)
		want, _ := time.Parse(time.RFC3339, c.want)
		s := &sheet{clock: clock.Fixed(now)}
		if got := time.UnixMilli(s.moment(7, c.sent)); s.err != nil || !got.Equal(want) {
			t.Errorf("%s at %s: got %v, %v", c.sent, c.now, got.UTC(), s.err)
		}
	}
}

func TestWhereAMerchantIs(t *testing.T) {
	for _, c := range []struct{ place, acquirer, want string }{
		{"PRET A MANGER 1234 LONDON GBR", "", ""},
		{"PRET A MANGER 1234 LONDON GBR", "250", "FR"},
		{"PRET A MANGER 1234     LONDON         GB", "250", "GB"},
		{"PRET A MANGER 1234     LONDON        GBR", "250", "GB"},
		{"A SHOP THE NAME OF WHICH FILLS ITALLGBR", "250", "FR"},
		{"A SHOP THE NAME OF WHICH ENDS ON WORD XX", "826", "GB"},
	} {
		m := request("0100").With(43, c.place+strings.Repeat(" ", 40-len(c.place))).With(19, c.acquirer)
		s := &sheet{Message: m}
		if got := s.country(); got != c.want || s.err != nil {
			t.Errorf("%q by %q: got %q, %v, want %q", c.place, c.acquirer, got, s.err, c.want)
		}
	}
}

func TestHowACardWasRead(t *testing.T) {
	for sent, want := range map[string]string{
		"051": "CHIP", "951": "CHIP", "071": "CONTACTLESS", "911": "CONTACTLESS", "021": "MAGSTRIPE", "901": "MAGSTRIPE",
		"801": "MAGSTRIPE", "810": "ONLINE", "100": "ONLINE", "010": "UNSPECIFIED", "": "UNSPECIFIED",
	} {
		s := &sheet{Message: request("0100").With(22, sent)}
		if got := s.entryMode().String(); got != "ENTRY_MODE_"+want {
			t.Errorf("%q: got %s", sent, got)
		}
	}
	s := &sheet{Message: request("0100").With(22, "010").With(25, "59")}
	if got := s.entryMode(); got != cardprocessingproto.EntryMode_ENTRY_MODE_ONLINE {
		t.Errorf("typed in at an online shop: got %v", got)
	}
}

func TestEveryReasonToDeclineHasACodeThatIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../../docs/card-edge.md")
	if err != nil {
		t.Fatal(err)
	}
	for reason, code := range reasons {
		row := regexp.MustCompile(`(?m)^\| ` + code + ` \|.*` + "`" + reason + "`")
		if !row.Match(page) {
			t.Errorf("docs/card-edge.md has no row of code %s with %s", code, reason)
		}
	}
	for _, reason := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(declineTable(t, string(page)), -1) {
		if reasons[reason[1]] == "" {
			t.Errorf("%s has no response code", reason[1])
		}
	}
	source, err := os.ReadFile("../codes.go")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "| 39 | | `decline_reason` |")
	rows := regexp.MustCompile(`(?m)^\| ([0-9]{2}) \|`).FindAllStringSubmatch(table, -1)
	codes := regexp.MustCompile(` = "([0-9]{2})"`).FindAllStringSubmatch(string(source), -1)
	if diff := cmp.Diff(second(codes), second(rows)); diff != "" || len(codes) == 0 {
		t.Errorf("the codes that there are, and those that are documented:\n%s", diff)
	}
	if codeOfDecline("something_new") != iso8583.DoNotHonour {
		t.Error("a reason that is not known is no decline")
	}
}

// second is what a pattern's group has found, in order.
func second(found [][]string) []string {
	groups := make([]string, len(found))
	for i, each := range found {
		groups[i] = each[1]
	}
	slices.Sort(groups)
	return groups
}

// declineTable is the reasons that the card edge documents.
func declineTable(t *testing.T, page string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, "| `decline_reason` | |\n")
	table, _, _ := strings.Cut(rest, "\n\n")
	if !found || strings.Count(table, "\n") < 5 {
		t.Fatal("docs/card-edge.md has no table of reasons")
	}
	var first strings.Builder
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		first.WriteString(cells[1])
	}
	return first.String()
}
