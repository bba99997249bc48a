package scenario

import (
	"cmp"
	"context"
	"strings"

	"farthing/cmd/farthing/cardedge"
)

// The routes of which something is said here.
const (
	clearings = "clearings"
	refunds   = "refunds"
	promises  = "refund-authorisations"
)

// FollowUp is what a merchant says of a payment after its authorisation, or of one that never had any.
type FollowUp struct {
	Of          string `yaml:"of"` // The payment, by name; none for one that the bank has to find, or that begins here.
	As          string `yaml:"as"` // The name of what begins here: a payment, a refund, the promise of one.
	Repeat      bool   `yaml:"repeat"`
	Amount      Pounds `yaml:"amount"`
	At          string `yaml:"at"`
	MCC         string `yaml:"mcc"`
	MoreFollows bool   `yaml:"more_follows"`

	Local   *Local `yaml:"local"`
	Promise string `yaml:"promise"` // Of a refund, the promise that it keeps.
	Nobody  bool   `yaml:"nobody"`  // Of a card that is nobody's.
	Over    string `yaml:"over"`    // As of a swipe.
}

// message is a follow-up on its route.
type message struct {
	route string
	*FollowUp
}

// nobodysCard is well-formed and nobody's.
const nobodysCard = "card_0000000000000000000000"

// String is what is said in a line.
func (m message) String() string {
	text := strings.TrimSuffix(m.route, "s")
	if m.route == promises {
		text = "promise a refund"
	}
	if m.Of != "" {
		text += " of " + m.Of
	} else if m.At != "" {
		text += " at " + m.At
	}
	if m.Amount != 0 {
		text += ", " + m.Amount.String()
	}
	return text
}

func (m message) do(ctx context.Context, p *play) (answer, error) {
	asked, of, err := m.followUp(p)
	if err != nil {
		return answer{}, err
	}
	if m.Over != "" {
		return p.followOver(ctx, m, asked, of)
	}
	got, err := p.follow(ctx, m.route, asked)
	if err == nil && m.Repeat {
		got, err = p.follow(ctx, m.route, asked)
	}
	if err != nil {
		return answer{}, err
	}
	of.authorisationID, of.transactionID = got.Payment.AuthorisationID, got.Payment.TransactionID
	if got.Event.TransactionID != "" { // What is expected of this step is expected of what it began.
		began := *of
		began.transactionID = got.Event.TransactionID
		of = &began
	}
	if m.As != "" {
		of.refund, of.promised = asked, m.route == promises
		p.payments[m.As] = of
	}
	return answer{of: of, outcome: got.Outcome, reason: got.DeclineReason}, nil
}

// followUp is what is said, and the payment that it is about.
func (m message) followUp(p *play) (asked cardedge.FollowUp, of *payment, err error) {
	id := p.nextID()
	asked = cardedge.FollowUp{
		ProcessorID: cmp.Or(p.idOfNamed(m.As), id), Descriptor: m.At, MCC: m.MCC, MoreFollows: m.MoreFollows,
		Rate: m.Local.rate(),
	}
	of = &payment{name: m.As, card: p.card}
	if m.Nobody {
		of.card = nobodysCard
	}
	if m.Of != "" {
		of = p.begin(m.Of)
		asked.Original = p.original(of)
		if asked.Descriptor == "" && (m.route == clearings || m.route == refunds || m.route == promises) {
			asked.Descriptor, asked.MCC = of.asked.Descriptor, of.asked.MCC
		}
	}
	if m.Promise != "" {
		promise, err := p.named(m.Promise)
		if err != nil {
			return asked, of, err
		}
		asked.RefundAuthorisation = &cardedge.Named{ProcessorID: promise.refund.ProcessorID}
	}
	if m.Amount != 0 {
		asked.Amount = m.Amount.edge()
	}
	asked.CardID = of.card
	asked.LocalAmount, err = m.Local.edge()
	return asked, of, err
}

// idOfNamed is the id of a message that the story has a name for.
func (p *play) idOfNamed(name string) string {
	if name == "" {
		return ""
	}
	return p.idOf(name)
}

// original is how a message names the authorisation of a payment.
func (p *play) original(of *payment) *cardedge.Original {
	if of.asked.ProcessorID == "" && of.authorisationID != "" { // It began without one, or under other ids.
		return &cardedge.Original{AuthorisationID: of.authorisationID}
	}
	return &cardedge.Original{ProcessorID: p.idOf(of.name)}
}

// TakeBack takes a refund back, or calls off the promise of one.
type TakeBack struct {
	Of string `yaml:"of"` // The refund or promise, by name.
}

// follow sends what follows an authorisation until it is answered.
func (p *play) follow(ctx context.Context, route string, asked cardedge.FollowUp) (cardedge.Followed, error) {
	return untilAnswered(ctx, func(ctx context.Context, asked cardedge.FollowUp) (cardedge.Followed, error) {
		return p.edge().Follow(ctx, route, asked)
	}, asked)
}

// String is it in a line.
func (t *TakeBack) String() string { return "take back " + t.Of }

func (t *TakeBack) do(ctx context.Context, p *play) (answer, error) {
	of := p.begin(t.Of) // Perhaps before anybody has heard of it.
	asked := cardedge.FollowUp{ProcessorID: p.nextID(), CardID: of.card, Original: of.refund.Original}
	named := &cardedge.Named{ProcessorID: p.idOf(t.Of)}
	if of.promised {
		asked.RefundAuthorisation = named
	} else {
		asked.Refund, asked.RefundAuthorisation = named, of.refund.RefundAuthorisation
	}
	got, err := p.follow(ctx, "refund-reversals", asked)
	if err != nil {
		return answer{}, err
	}
	of.authorisationID = cmp.Or(of.authorisationID, got.Payment.AuthorisationID)
	return answer{of: of, outcome: got.Outcome, reason: got.DeclineReason}, nil
}
