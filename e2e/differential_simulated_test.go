package e2e

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/prototext"

	"farthing/cmd/farthing/cardedge"
	"farthing/cmd/farthing/cardline"
	"farthing/e2e/world"
	"farthing/pkg/errs"
	"farthing/pkg/foundation"
	"farthing/service.card-api/iso8583"
)

// door is a way for a card network to tell the bank what happens. What it answers is what the bank said, in one line.
type door interface {
	pay(context.Context, cardedge.Authorisation) string
	inquire(context.Context, cardedge.Inquiry) string
	sell(context.Context, cardedge.Authorisation) string
	follow(ctx context.Context, route string, f cardedge.FollowUp, of *cardline.Original) string
}

// said is an answer without ids, the same through every door.
func said(outcome, reason string, approved *cardedge.Amount, err error, more ...*cardedge.Amount) string {
	if coded, ok := errors.AsType[*errs.Error](err); ok {
		return "refused as " + coded.Class()
	}
	if err != nil {
		return "failed: " + err.Error()
	}
	text := strings.ReplaceAll(outcome, "done", "approved") + " " + reason
	for _, amount := range append([]*cardedge.Amount{approved}, more...) {
		if amount != nil {
			text += fmt.Sprint(" ", amount.Minor, amount.Currency)
		}
	}
	return text
}

// byHTTP is the card edge.
type byHTTP struct{ cardedge.Client }

func (d byHTTP) pay(ctx context.Context, a cardedge.Authorisation) string {
	answer, err := d.Authorise(ctx, a)
	return said(answer.Outcome, answer.DeclineReason, answer.Amount, err, answer.Cashback)
}

func (d byHTTP) inquire(ctx context.Context, q cardedge.Inquiry) string {
	found, err := d.Inquire(ctx, q)
	return said(found.Outcome, found.DeclineReason, found.Available, err, found.Posted)
}

func (d byHTTP) sell(ctx context.Context, a cardedge.Authorisation) string {
	if told := d.pay(ctx, a); !strings.HasPrefix(told, "approved") {
		return told
	}
	_ = d.follow(ctx, "clearings", cardedge.FollowUp{
		Network: a.Network, CardID: a.CardID, Amount: &a.Amount, LocalAmount: a.LocalAmount, Descriptor: a.Descriptor,
		MCC: a.MCC,
	}, &cardline.Original{Network: *a.Network})
	return said("approved", "", &a.Amount, nil)
}

func (d byHTTP) follow(ctx context.Context, route string, f cardedge.FollowUp, of *cardline.Original) string {
	if of != nil {
		f.Original = &cardedge.Original{Network: &of.Network}
	}
	if of != nil && of.MTI == "0200" { // What was collected is not held any more: it is sent back.
		told := d.follow(ctx, route, f, &cardline.Original{Network: of.Network})
		f.Amount, f.Descriptor, f.MCC = &of.Amount, shop, "5411"
		_ = d.follow(ctx, "refunds", f, &cardline.Original{Network: of.Network})
		return told
	}
	answer, err := d.Follow(ctx, route, f)
	return said(answer.Outcome, answer.DeclineReason, nil, err)
}

// byISO8583 is a line, on which a card may be named by its number.
type byISO8583 struct {
	*cardline.Line
	card, number string // The number goes in place of this card's token, if there is one.
}

func (d byISO8583) ask(ctx context.Context, m iso8583.Message, err error) (cardedge.Answer, error) {
	reply, err := d.hear(ctx, m, err)
	if err != nil {
		return cardedge.Answer{}, err
	}
	return cardline.AnswerOf(reply)
}

func (d byISO8583) hear(ctx context.Context, m iso8583.Message, err error) (iso8583.Message, error) {
	if err != nil {
		return iso8583.Message{}, err
	}
	if d.number != "" && m.Get(iso8583.CardToken) == d.card {
		m.Set(iso8583.CardToken, "")
		m.Set(iso8583.PAN, d.number)
	}
	return d.Ask(ctx, m)
}

func (d byISO8583) pay(ctx context.Context, a cardedge.Authorisation) string {
	m, err := cardline.Authorisation(a)
	answer, err := d.ask(ctx, m, err)
	return said(answer.Outcome, answer.DeclineReason, answer.Amount, err, answer.Cashback)
}

func (d byISO8583) inquire(ctx context.Context, q cardedge.Inquiry) string {
	m, err := cardline.Inquiry(q)
	reply, err := d.hear(ctx, m, err)
	if err != nil {
		return said("", "", nil, err)
	}
	found, err := cardline.InquiredOf(reply)
	return said(found.Outcome, found.DeclineReason, found.Available, err, found.Posted)
}

func (d byISO8583) sell(ctx context.Context, a cardedge.Authorisation) string {
	m, err := cardline.Sale(a)
	answer, err := d.ask(ctx, m, err)
	return said(answer.Outcome, answer.DeclineReason, answer.Amount, err)
}

func (d byISO8583) follow(ctx context.Context, route string, f cardedge.FollowUp, of *cardline.Original) string {
	m, err := cardline.FollowUp(route, f, of)
	answer, err := d.ask(ctx, m, err)
	return said(answer.Outcome, answer.DeclineReason, nil, err)
}

const shop = "TESCO STORES 2041 LONDON GBR"

// till has a card network's day happen to a customer, through a door.
type till struct {
	t     *testing.T
	w     *world.World
	door  door
	alice *world.Customer
	card  string
	count int
	told  []string
}

// network is the ids of the next message.
func (s *till) network() *cardedge.Network {
	s.count++
	s.w.Pass(s.t, 2*time.Second)
	return &cardedge.Network{
		AcquirerID: "400123", STAN: fmt.Sprintf("%06d", s.count), RRN: fmt.Sprintf("6314120%05d", s.count),
		TerminalID: "TERM0001", TransmittedAt: s.w.Clock.Now().Truncate(time.Second),
	}
}

func (s *till) hear(what, told string) { s.told = append(s.told, what+": "+told) }

// payment is an authorisation to be, of pence.
func (s *till) payment(minor int64) cardedge.Authorisation {
	return cardedge.Authorisation{
		Network: s.network(), CardID: s.card, Amount: cardedge.Amount{Minor: minor, Currency: "GBP"}, Descriptor: shop,
		MCC: "5411", EntryMode: "contactless", Country: "GB",
	}
}

// pay asks twice: the second is a repeat.
func (s *till) pay(what string, a cardedge.Authorisation) cardline.Original {
	s.hear(what, s.door.pay(s.t.Context(), a))
	s.hear(what+", again", s.door.pay(s.t.Context(), a))
	return cardline.Original{MTI: "0100", Network: *a.Network, Amount: a.Amount}
}

// follow sends a follow-up twice, of pence; of all that there is if they are 0. It may be changed before. It answers
// the ids that it was sent under.
func (s *till) follow(
	what, route string, minor int64, of *cardline.Original, changes ...func(*cardedge.FollowUp),
) *cardedge.Network {
	f := cardedge.FollowUp{Network: s.network(), CardID: s.card}
	if minor != 0 {
		f.Amount = &cardedge.Amount{Minor: minor, Currency: "GBP"}
	}
	if route == "clearings" || route == "refunds" || route == "refund-authorisations" {
		f.Descriptor, f.MCC = shop, "5411"
	}
	if of != nil { // The same purchase has the same retrieval number, which the network's follow-ups have, too.
		f.Network.RRN = of.Network.RRN
	}
	for _, change := range changes {
		change(&f)
	}
	s.hear(what, s.door.follow(s.t.Context(), route, f, of))
	s.hear(what+", again", s.door.follow(s.t.Context(), route, f, of))
	return f.Network
}

// live is the day.
func (s *till) live() {
	lunch := s.pay("a purchase", s.payment(12_50))
	s.follow("is collected with a tip", "clearings", 13_50, &lunch)
	abroad := s.payment(8_40)
	abroad.LocalAmount, abroad.Country = &cardedge.Amount{Minor: 1_500, Currency: "JPY"}, "JP"
	abroad.Descriptor, abroad.EntryMode = "7-ELEVEN SHIBUYA TOKYO JPN", "chip"
	s.pay("a purchase abroad", abroad)
	given := s.pay("a purchase that is given up", s.payment(20_00))
	s.follow("all is given up", "reversals", 0, &given)
	less := s.pay("a purchase that becomes less", s.payment(20_00))
	s.follow("some is given up", "reversals", 5_00, &less)
	s.follow("the rest is collected", "clearings", 15_00, &less)
	hotel := s.pay("a night", s.payment(30_00))
	s.follow("another night", "increments", 10_00, &hotel)
	s.follow("the final amount", "advices", 35_00, &hotel)
	s.follow("more than there is", "increments", 5_000_00, &hotel)
	cash := s.payment(10_00)
	cash.Cash = true
	s.pay("cash", cash)
	s.pay("too much", s.payment(5_000_00))
	s.sales()
	s.counter()
	s.refunds()
	s.strays()
}

// counter is what is presented with a card, and cash.
func (s *till) counter() {
	ask := func(what string, found *cardedge.Verification) {
		q := cardedge.Inquiry{Network: s.network(), CardID: s.card, Verification: found}
		s.hear(what, s.door.inquire(s.t.Context(), q))
	}
	ask("what is there", nil)
	ask("what is there, with a PIN", &cardedge.Verification{PIN: "verified"})
	ask("what is there, with a wrong date", &cardedge.Verification{Expiry: "2027-01"})
	for _, c := range []struct {
		what  string
		found cardedge.Verification
	}{
		{"a wrong security code", cardedge.Verification{CVV: "no_match"}},
		{"a right one", cardedge.Verification{CVV: "match", Address: "no_match"}},
		{"a wrong cryptogram", cardedge.Verification{Cryptogram: "no_match"}},
		{"a wrong PIN", cardedge.Verification{PIN: "wrong"}},
		{"a wrong date", cardedge.Verification{Expiry: "2027-01"}},
	} {
		a := s.payment(1_10)
		a.Verification = &c.found
		s.pay(c.what, a)
	}
	both := s.payment(9_00)
	both.Cashback = &cardedge.Amount{Minor: 5_00, Currency: "GBP"}
	s.pay("a purchase with cash", both)
	tooMuch := s.payment(260_00)
	tooMuch.Cashback, tooMuch.Partial = &cardedge.Amount{Minor: 80_00, Currency: "GBP"}, true
	s.pay("a purchase with more cash than there is", tooMuch)
}

// refunds are promised, sent and taken back, at home and abroad.
func (s *till) refunds() {
	bought := s.payment(10_21)
	bought.LocalAmount, bought.Rate = &cardedge.Amount{Minor: 12_00, Currency: "EUR"}, "0.8512"
	purchase := s.pay("a purchase abroad at a rate", bought)
	inEuros := func(rate string) func(*cardedge.FollowUp) {
		return func(f *cardedge.FollowUp) { f.LocalAmount, f.Rate = bought.LocalAmount, rate }
	}
	s.follow("it is collected at another", "clearings", 10_20, &purchase, inEuros("0.85"))
	promise := s.follow("its refund is promised", "refund-authorisations", 10_30, &purchase, inEuros("0.858"))
	kept := func(f *cardedge.FollowUp) { f.RefundAuthorisation = &cardedge.Named{Network: promise} }
	sent := s.follow("and sent", "refunds", 10_30, &purchase, kept, inEuros("0.858"))
	s.follow("and taken back", "refund-reversals", 0, &purchase, kept, func(f *cardedge.FollowUp) {
		f.Refund = &cardedge.Named{Network: sent}
	})
	s.follow("a refund at a wrong rate", "refunds", 10_30, &purchase, inEuros("0.7"))
	promise = s.follow("another refund is promised", "refund-authorisations", 2_00, &purchase)
	s.follow("and called off", "refund-reversals", 0, &purchase, kept)
	alone := s.follow("a refund of no purchase", "refunds", 3_00, nil)
	s.follow("is taken back", "refund-reversals", 0, nil, func(f *cardedge.FollowUp) {
		f.Network.RRN, f.Refund = alone.RRN, &cardedge.Named{Network: alone}
	})
}

// sales are single messages.
func (s *till) sales() {
	sale := s.payment(6_00)
	s.hear("a sale", s.door.sell(s.t.Context(), sale))
	s.hear("a sale, again", s.door.sell(s.t.Context(), sale))
	taken := s.payment(7_00)
	s.hear("a sale that is taken back", s.door.sell(s.t.Context(), taken))
	s.follow("it is taken back", "reversals", 0,
		&cardline.Original{MTI: "0200", Network: *taken.Network, Amount: taken.Amount})
	s.hear("too large a sale", s.door.sell(s.t.Context(), s.payment(5_000_00)))
	s.follow("a refund", "refunds", 2_00, &cardline.Original{MTI: "0100", Network: *sale.Network, Amount: sale.Amount})
	s.follow("a refund of nothing", "refunds", 1_00, nil)
}

// strays are messages that come alone, too early, or about nobody.
func (s *till) strays() {
	s.follow("a collection that nobody authorised", "clearings", 4_00, nil)
	late := s.payment(9_00)
	s.follow("a reversal that comes first", "reversals", 0,
		&cardline.Original{MTI: "0100", Network: *late.Network, Amount: late.Amount})
	s.pay("what it was of", late)
	stoodIn := s.payment(500_00)
	stoodIn.Advice = true
	s.pay("an advice of more than there is", stoodIn)
	s.pay("a purchase after that", s.payment(1_00))
	s.w.PayIn(s.t, s.alice, 420_00, "more")
	partial := s.payment(1_000_00)
	partial.Partial = true
	s.pay("as much as there is", partial)
	nobodys := s.payment(1_00)
	nobodys.CardID = "card_0000000000000000000000"
	s.pay("nobody's card", nobodys)
}

// legacy is what is left of a day: what the bank said, and what it has.
type legacy struct{ Told, Ledger, Transactions, Feed []string }

// leave reads it, in names and times of no world's own.
func leave(t *testing.T, w *world.World, c *world.Customer, told []string) legacy {
	t.Helper()
	w.Pass(t, 10*time.Minute)
	records, err := world.Read(t.Context(), dialler{t, w}, c.AccountID)
	if err != nil {
		t.Fatal(err)
	}
	n, l := &namer{seen: make(map[string]string)}, legacy{Told: told}
	for _, e := range records.Entries {
		l.Ledger = append(l.Ledger, n.plain(prototext.MarshalOptions{}.Format(e)))
	}
	for _, each := range records.Transactions {
		l.Transactions = append(l.Transactions, n.plain(prototext.MarshalOptions{}.Format(each)))
	}
	for _, item := range records.Items {
		l.Feed = append(l.Feed, n.plain(prototext.MarshalOptions{}.Format(item)))
	}
	return l
}

type dialler struct {
	t *testing.T
	w *world.World
}

func (d dialler) Dial(caller, callee string) (grpc.ClientConnInterface, error) {
	return d.w.Dial(d.t, caller, callee), nil
}

// namer calls ids by the order in which they are met.
type namer struct{ seen map[string]string }

var (
	anID     = regexp.MustCompile(`\b(hold|auth|tx|acc|card|user|feed|jrn)_\w{22}`)
	aTime    = regexp.MustCompile(`\b(\w+_ms|version):\s*\d+`)
	blanks   = regexp.MustCompile(`\s+`)
	longHash = regexp.MustCompile(`\b[0-9A-Za-z]{22,}\b`)
)

func (n *namer) plain(text string) string {
	text = aTime.ReplaceAllString(blanks.ReplaceAllString(text, " "), "$1:…")
	name := func(id string) string {
		if n.seen[id] == "" {
			n.seen[id] = fmt.Sprintf("#%d", len(n.seen)+1)
		}
		return n.seen[id]
	}
	return longHash.ReplaceAllStringFunc(anID.ReplaceAllStringFunc(text, name), name)
}

// lived is a day in a world of its own.
func lived(t *testing.T, name string, open func(*testing.T, *world.World, *world.Customer) door) legacy {
	t.Helper()
	var l legacy
	t.Run(name, func(t *testing.T) {
		simulate(t, world.Options{}, func(t *testing.T, w *world.World) {
			alice := w.Customer(t, "alice", 300_00)
			s := &till{t: t, w: w, door: open(t, w, alice), alice: alice, card: alice.CardID}
			s.live()
			l = leave(t, w, alice, s.told)
		})
	})
	return l
}

func TestTheSameDayLeavesTheSameThroughEveryDoor(t *testing.T) {
	want := lived(t, "HTTP", func(_ *testing.T, w *world.World, _ *world.Customer) door {
		return byHTTP{cardedge.Client{Address: "http://" + string(foundation.CardEdge), HTTP: w.HTTP()}}
	})
	for _, told := range want.Told {
		t.Log(told)
	}
	if len(want.Ledger) < 25 || len(want.Feed) < 15 {
		t.Fatalf("the day left %d entries and %d feed items: it proves nothing", len(want.Ledger), len(want.Feed))
	}
	for _, c := range []struct {
		encoding iso8583.Encoding
		byNumber bool
	}{{iso8583.ASCII, false}, {iso8583.Binary, true}} {
		got := lived(t, "ISO 8583 "+c.encoding.String(), func(t *testing.T, w *world.World, alice *world.Customer) door {
			line := cardline.Over(w.Connect(t, foundation.ISO8583), c.encoding)
			t.Cleanup(func() { _ = line.Close() })
			d := byISO8583{Line: line, card: alice.CardID}
			if c.byNumber {
				d.number = numberOf(t, w, alice)
			}
			return d
		})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v leaves something else than HTTP:\n%s", c.encoding, diff)
		}
	}
}
