package scenario

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"farthing/pkg/clock"
)

// Expect is what must be so. What is not set is not looked at.
type Expect struct {
	Of     string `yaml:"of"`      // Which payment; the step's own if not set.
	SameAs string `yaml:"same_as"` // It is the payment with this name.

	// Of the answer.
	Outcome   string  `yaml:"outcome"`
	Reason    string  `yaml:"reason"`
	Approved  *Pounds `yaml:"approved"`
	Cashback  *Pounds `yaml:"cashback"`
	Available *Pounds `yaml:"available"` // Of an inquiry.
	Posted    *Pounds `yaml:"posted"`
	Report    *Report `yaml:"report"`     // Of a settlement day: what is left out is 0.
	DecidedBy string  `yaml:"decided_by"` // The check that the explanation ends with.

	// Of the payment, as the card edge and operators show it.
	Status    string     `yaml:"status"`
	Held      *Pounds    `yaml:"held"`
	Cleared   *Pounds    `yaml:"cleared"`
	Refunded  *Pounds    `yaml:"refunded"`
	Promised  *Pounds    `yaml:"promised"`
	Local     *Local     `yaml:"local"` // Of its newest event that has one.
	Unmatched *Unmatched `yaml:"unmatched"`
	Dispute   string     `yaml:"dispute"`  // "open", "credited", "won" or "lost".
	Transfer  string     `yaml:"transfer"` // The state of one from account to account: "settled", "returned" …

	// Of what the customer sees of the payment; of the newest transaction, if no payment is meant.
	Amount   *Pounds   `yaml:"amount"` // Of the transaction: negative when money goes out.
	Pending  *bool     `yaml:"pending"`
	Merchant string    `yaml:"merchant"`
	Feed     *FeedItem `yaml:"feed"`
	Pushed   string    `yaml:"pushed"` // What the phone says of it.

	// Of what the customer has.
	Balance      *Pounds    `yaml:"balance"`
	SpentToday   *Pounds    `yaml:"spent_today"`
	Transactions *int       `yaml:"transactions"` // How many there are.
	PINTriesLeft *int       `yaml:"pin_tries_left"`
	Pot          *InPot     `yaml:"pot"`
	Order        *Order     `yaml:"order"`
	Statement    *Statement `yaml:"statement"`
	Was          *Was       `yaml:"was"`
}

// FeedItem is what an item of the feed must say.
type FeedItem struct {
	Title  string  `yaml:"title"`
	Body   string  `yaml:"body"`
	Amount *Pounds `yaml:"amount"`
}

const (
	// soon is far more than anything takes that happens by itself.
	soon      = 30 * time.Second
	lookFirst = 5 * time.Millisecond // It doubles up to the last.
	lookLast  = 250 * time.Millisecond
)

// expect wants the answer to be as told, and everything else to come about soon. It answers how many things it proved.
func (p *play) expect(ctx context.Context, e Expect, got answer) (int, error) {
	if e.Of != "" {
		of, err := p.named(e.Of)
		if err != nil {
			return 0, err
		}
		got.of = of
	}
	said, err := said(e, got)
	if err != nil {
		return 0, err
	}
	look, cancel := context.WithTimeout(ctx, cmp.Or(p.Patience, soon))
	defer cancel()
	for wait := lookFirst; ; wait = min(2*wait, lookLast) {
		seen, err := p.look(look, e, got.of)
		if err != nil || seen.wrong == nil {
			return said + seen.proved, err
		}
		if clock.Wait(look, wait) != nil {
			return 0, errors.Join(ctx.Err(), seen.wrong)
		}
	}
}

// claims are things that were wanted, and what there is.
type claims struct {
	proved int
	wrong  error
}

func claim[T comparable](c *claims, what string, want, got T) {
	switch {
	case want == got:
		c.proved++
	case c.wrong == nil:
		c.wrong = fmt.Errorf("%s: want %v, got %v", what, want, got)
	}
}

// wants claims what is set.
func wants[T comparable](c *claims, what string, want *T, got T) {
	if want != nil {
		claim(c, what, *want, got)
	}
}

// says claims a word that is set.
func says(c *claims, what, want, got string) {
	if want != "" {
		claim(c, what, want, got)
	}
}

// said looks at the answer to the step itself, which does not change any more.
func said(e Expect, got answer) (int, error) {
	var c claims
	says(&c, "outcome", e.Outcome, got.outcome)
	if e.Outcome != "" {
		claim(&c, "reason", e.Reason, got.reason)
	}
	wants(&c, "approved", e.Approved, Pounds(got.approved))
	wants(&c, "cashback", e.Cashback, Pounds(got.cashback))
	wants(&c, "available", e.Available, Pounds(got.available))
	wants(&c, "posted", e.Posted, Pounds(got.posted))
	wants(&c, "report", e.Report, got.report)
	return c.proved, c.wrong
}

// look looks at everything else once.
func (p *play) look(ctx context.Context, e Expect, of *payment) (claims, error) {
	var c claims
	for _, look := range []func(context.Context, Expect, *claims) error{
		p.lookAtMoney, p.lookAtCard, p.lookAtPot, p.lookAtOrder, p.lookAtStatement, p.lookAtPast,
	} {
		if err := look(ctx, e, &c); err != nil {
			return c, err
		}
	}
	if !e.ofPayment() && !e.ofTransaction() {
		return c, nil
	}
	if of == nil {
		if e.ofPayment() {
			return c, errors.New("no payment is meant: 'of' must name one")
		}
		of = &payment{}
	}
	for _, look := range []func(context.Context, Expect, *payment, *claims) error{
		p.lookAtIdentity, p.lookAtPayment, p.lookAtUnmatched, p.lookAtDispute, p.lookAtTransfer, p.lookAtTransaction,
		p.lookAtFeed, p.lookAtPhone,
	} {
		if err := look(ctx, e, of, &c); err != nil {
			return c, err
		}
	}
	return c, nil
}

// ofPayment tells whether something is wanted of a payment itself.
func (e Expect) ofPayment() bool {
	return e.SameAs != "" || e.DecidedBy != "" || e.ofCardPayment() || e.Unmatched != nil || e.Dispute != "" ||
		e.Transfer != ""
}

func (e Expect) ofCardPayment() bool {
	return e.Status != "" || e.Held != nil || e.Cleared != nil || e.Refunded != nil || e.Promised != nil || e.Local != nil
}

// ofTransaction tells whether something is wanted of what the customer sees of one.
func (e Expect) ofTransaction() bool {
	return e.Amount != nil || e.Pending != nil || e.Merchant != "" || e.Feed != nil || e.Pushed != ""
}
