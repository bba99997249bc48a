package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"farthing/cmd/farthing/cardedge"
	cardprocessingproto "farthing/service.card-processing/proto"
	paymentproto "farthing/service.payment/proto"
)

// Unmatched is what is in the queue of what matched nothing.
type Unmatched struct {
	State     string `yaml:"state"` // "none", "open" or "resolved".
	Reason    string `yaml:"reason"`
	Suspended *bool  `yaml:"suspended"` // The money is on suspense, and not the customer's.
	Decided   string `yaml:"decided"`   // What an operator has decided.
}

func (p *play) lookAtIdentity(ctx context.Context, e Expect, of *payment, c *claims) error {
	if e.SameAs != "" {
		same, err := p.named(e.SameAs)
		if err != nil {
			return err
		}
		claim(c, "payment", same.authorisationID, of.authorisationID)
	}
	if e.DecidedBy == "" {
		return nil
	}
	why, err := p.explanation(ctx, of.authorisationID, of.card)
	if err != nil {
		return fmt.Errorf("asking for the explanation: %w", err)
	}
	if len(why.Checks) == 0 {
		return errors.New("the explanation has no checks")
	}
	claim(c, "decided by", e.DecidedBy, why.Checks[len(why.Checks)-1].Name)
	return nil
}

func (p *play) lookAtPayment(ctx context.Context, e Expect, of *payment, c *claims) error {
	if !e.ofCardPayment() {
		return nil
	}
	found, err := p.edge().Payment(ctx, of.authorisationID, of.card)
	if err != nil {
		return err
	}
	says(c, "status", e.Status, found.Status)
	wants(c, "held", e.Held, Pounds(found.Held))
	wants(c, "cleared", e.Cleared, Pounds(found.Cleared))
	wants(c, "refunded", e.Refunded, Pounds(found.Refunded))
	wants(c, "promised", e.Promised, Pounds(found.Promised))
	return e.Local.claimed(c, found)
}

// claimed claims what the merchant charged, in its own currency, and the rate.
func (l *Local) claimed(c *claims, found cardedge.Payment) error {
	want, err := l.edge()
	if want == nil || err != nil {
		return err
	}
	var newest cardedge.Conversion
	for _, e := range found.Events {
		if e.LocalAmount != nil {
			newest = e.Conversion
		}
	}
	if newest.LocalAmount == nil {
		c.wrong = errors.New("the payment has no local amount")
		return nil
	}
	claim(c, "local amount", *want, *newest.LocalAmount)
	says(c, "rate", l.rate(), newest.Rate)
	return nil
}

func (p *play) lookAtUnmatched(ctx context.Context, e Expect, of *payment, c *claims) error {
	if e.Unmatched == nil {
		return nil
	}
	found, err := p.unmatchedOf(ctx, of)
	if err != nil {
		return err
	}
	if found == nil {
		found = &cardprocessingproto.UnmatchedView{State: "none"}
	}
	says(c, "unmatched", e.Unmatched.State, found.State)
	says(c, "unmatched because of", e.Unmatched.Reason, found.Reason)
	wants(c, "suspended", e.Unmatched.Suspended, found.Suspended)
	if e.Unmatched.Decided != "" {
		decided := ""
		if found.Resolution != nil {
			decided = found.Resolution.Kind
		}
		claim(c, "decided", e.Unmatched.Decided, decided)
	}
	return nil
}

func (p *play) lookAtDispute(ctx context.Context, e Expect, of *payment, c *claims) error {
	if e.Dispute == "" {
		return nil
	}
	var found cardprocessingproto.DisputeView
	err := p.admin(ctx, http.MethodGet, disputePath(of), nil, &found)
	says(c, "dispute", e.Dispute, found.Status)
	return err
}

func (p *play) lookAtTransfer(ctx context.Context, e Expect, of *payment, c *claims) error {
	if e.Transfer == "" {
		return nil
	}
	var found paymentproto.PaymentView
	path := paymentproto.PaymentsPath + "/" + url.PathEscape(of.transferID)
	err := p.admin(ctx, http.MethodGet, path, nil, &found)
	says(c, "transfer", e.Transfer, found.State)
	return err
}
