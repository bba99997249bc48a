// Package traffic plays a card network: it keeps many ISO 8583 messages outstanding on several lines, mixes payments
// with what follows them and with repeats, and tells what the bank answered and how soon.
package traffic

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"farthing/cmd/farthing/cardedge"
	"farthing/cmd/farthing/cardline"
	"farthing/service.card-api/iso8583"
)

// Mix is how many of a hundred messages are something else than an authorisation.
type Mix struct {
	Reversals   int // 0420, of a payment before.
	Collections int // 0220, likewise.
	Sales       int // 0200, authorised and collected at once.
	Advices     int // 0120, somebody stood in.
	Inquiries   int // 0100, what there is.
	Refunds     int // 0200, of a payment before.
	Repeats     int // Of any message before: 0101, 0421 …
}

// Sum is the share that authorisations do not have.
func (m Mix) Sum() int {
	return m.Reversals + m.Collections + m.Sales + m.Advices + m.Inquiries + m.Refunds + m.Repeats
}

// sent is a message, and what it was first told.
type sent struct {
	iso8583.Message
	mu     sync.Mutex // Guards answer.
	answer string     // "" until one is definite.
}

// tell keeps a definite answer, or tells whether it differs from the one that was kept.
func (s *sent) tell(answer string) (changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.answer == "" {
		s.answer = answer
	}
	return s.answer != answer
}

// plan draws messages from a seed: the same ones, but for their times.
type plan struct {
	mix    Mix
	cards  []string
	random *rand.Rand
	run    int64 // Sets this run's RRNs apart from those of others.
	count  int64

	payments []cardline.Original // Of what may follow: the newest, at most recentMax.
	of       []string            // Their cards.
	messages []*sent             // To repeat: likewise.
}

// recentMax bounds how far back a message may reach.
const recentMax = 1_000

func newPlan(seed uint64, mix Mix, cards []string, began time.Time) *plan {
	return &plan{
		mix: mix, cards: cards, random: rand.New(rand.NewPCG(seed, 8583)), //nolint:gosec // Dice, not secrets.
		run: began.UnixMilli() % 1_000_000,
	}
}

// next is the next message, to be sent at a time.
func (p *plan) next(at time.Time) (*sent, iso8583.Message, error) {
	roll := p.random.IntN(100)
	below := func(share int) bool {
		roll -= share
		return roll < 0
	}
	if below(p.mix.Repeats) && len(p.messages) > 0 {
		of := p.messages[p.random.IntN(len(p.messages))]
		again := of.Message
		again.MTI = again.MTI[:3] + "1" // As who asks again says it.
		return of, again, nil
	}
	m, err := p.fresh(at, below)
	if err != nil {
		return nil, iso8583.Message{}, err
	}
	s := &sent{Message: m}
	p.messages = recent(p.messages, s)
	return s, m, nil
}

// fresh is a message that nobody has sent yet.
func (p *plan) fresh(at time.Time, below func(int) bool) (iso8583.Message, error) {
	switch {
	case below(p.mix.Reversals) && len(p.payments) > 0:
		return p.follow(at, "reversals")
	case below(p.mix.Collections) && len(p.payments) > 0:
		return p.follow(at, "clearings")
	case below(p.mix.Refunds) && len(p.payments) > 0:
		return p.follow(at, refunds)
	case below(p.mix.Inquiries):
		return cardline.Inquiry(cardedge.Inquiry{Network: p.network(at), CardID: p.cards[p.random.IntN(len(p.cards))]})
	case below(p.mix.Sales):
		a := p.payment(at)
		p.remember("0200", a)
		return cardline.Sale(a)
	}
	a := p.payment(at)
	a.Advice = below(p.mix.Advices)
	p.vary(&a)
	p.remember("0100", a)
	return cardline.Authorisation(a)
}

func (p *plan) payment(at time.Time) cardedge.Authorisation {
	places := []string{
		"PRET A MANGER 1234 LONDON GBR", "TESCO STORES 2041 LONDON GBR", "TFL TRAVEL CH TFL.GOV.UK/CP",
		"SQ *OZONE COFFEE ROAST LONDON GBR", "AMZNMKTPLACE AMAZON.CO.UK", "CORNER SHOP 17 LEEDS GBR",
	}
	entries := []string{"contactless", "contactless", "chip", "online"}
	return cardedge.Authorisation{
		Network: p.network(at), CardID: p.cards[p.random.IntN(len(p.cards))],
		Amount:     cardedge.Amount{Minor: 1 + p.random.Int64N(50), Currency: currency},
		Descriptor: places[p.random.IntN(len(places))], MCC: "5999", Country: "GB",
		EntryMode: entries[p.random.IntN(len(entries))], Partial: p.random.IntN(4) == 0,
	}
}

const currency = "GBP"

// vary makes some payments purchases with cash, and some purchases abroad.
func (p *plan) vary(a *cardedge.Authorisation) {
	const one, inHowMany = 1, 20
	switch p.random.IntN(inHowMany) {
	case 0:
		a.Cashback = &cardedge.Amount{Minor: one, Currency: currency}
	case one:
		a.LocalAmount = &cardedge.Amount{Minor: 2 * a.Amount.Minor, Currency: "EUR"}
		a.Rate, a.Country = "0.5", "FR"
	}
}

const refunds = "refunds"

func (p *plan) network(at time.Time) *cardedge.Network {
	p.count++
	return &cardedge.Network{
		AcquirerID: "400002", STAN: fmt.Sprintf("%06d", p.count%1_000_000),
		RRN: fmt.Sprintf("%06d%06d", p.run, p.count%1_000_000), TerminalID: "TRAFFIC1", TransmittedAt: at,
	}
}

// follow is a message about a payment before.
func (p *plan) follow(at time.Time, route string) (iso8583.Message, error) {
	n := p.random.IntN(len(p.payments))
	of := p.payments[n]
	f := cardedge.FollowUp{Network: p.network(at), CardID: p.of[n], Amount: &of.Amount}
	switch {
	case route == "clearings", route == refunds:
		f.Descriptor, f.MCC = "CORNER SHOP 17 LEEDS GBR", "5999"
	case of.Amount.Minor > 1 && p.random.IntN(3) == 0: // Only a part.
		f.Amount = &cardedge.Amount{Minor: of.Amount.Minor / 2, Currency: currency}
	default:
		f.Amount = nil
	}
	return cardline.FollowUp(route, f, &of)
}

func (p *plan) remember(mti string, a cardedge.Authorisation) {
	p.payments = recent(p.payments, cardline.Original{MTI: mti, Network: *a.Network, Amount: a.Amount})
	p.of = recent(p.of, a.CardID)
}

// recent adds to a list, and forgets what is too old.
func recent[A any](list []A, newest A) []A {
	if len(list) == recentMax {
		copy(list, list[1:])
		list = list[:recentMax-1]
	}
	return append(list, newest)
}
