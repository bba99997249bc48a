package scenario

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"farthing/pkg/clock"
)

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
	return c.proved, c.wrong
}

// look looks at everything else once.
func (p *play) look(ctx context.Context, e Expect, of *payment) (claims, error) {
	var c claims
	if err := p.lookAtMoney(ctx, e, &c); err != nil {
		return c, err
	}
	if of != nil {
		for _, look := range []func(context.Context, Expect, *payment, *claims) error{
			p.lookAtPayment, p.lookAtTransaction, p.lookAtFeed, p.lookAtPhone,
		} {
			if err := look(ctx, e, of, &c); err != nil {
				return c, err
			}
		}
	}
	return c, nil
}

func (p *play) lookAtMoney(ctx context.Context, e Expect, c *claims) error {
	if e.Balance != nil || e.SpentToday != nil {
		var balance struct {
			Balance    int64
			SpendToday int64 `json:"spend_today"`
		}
		if err := p.api(ctx, "/balance?account_id="+p.person.AccountID, &balance); err != nil {
			return err
		}
		wants(c, "balance", e.Balance, Pounds(balance.Balance))
		wants(c, "spent today", e.SpentToday, Pounds(-balance.SpendToday))
	}
	if e.Transactions != nil {
		var page struct{ Transactions []transaction }
		if err := p.api(ctx, "/transactions?expand[]=merchant&limit=100&account_id="+p.person.AccountID, &page); err != nil {
			return err
		}
		claim(c, "transactions", *e.Transactions, len(page.Transactions))
	}
	return nil
}

func (p *play) api(ctx context.Context, path string, into any) error {
	return ask(ctx, http.MethodGet, p.API+path, http.NoBody, p.person.AccessToken, into)
}

func (p *play) lookAtPayment(ctx context.Context, e Expect, of *payment, c *claims) error {
	if e.SameAs != "" {
		same, err := p.named(e.SameAs)
		if err != nil {
			return err
		}
		claim(c, "payment", same.authorisationID, of.authorisationID)
	}
	if e.DecidedBy != "" {
		why, err := p.explanation(ctx, of.authorisationID, of.card)
		if err != nil {
			return fmt.Errorf("asking for the explanation: %w", err)
		}
		if len(why.Checks) == 0 {
			return errors.New("the explanation has no checks")
		}
		claim(c, "decided by", e.DecidedBy, why.Checks[len(why.Checks)-1].Name)
	}
	if e.Status == "" && e.Held == nil && e.Cleared == nil && e.Refunded == nil {
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
	return nil
}

func (p *play) lookAtTransaction(ctx context.Context, e Expect, of *payment, c *claims) error {
	if e.Amount == nil && e.Pending == nil && e.Merchant == "" {
		return nil
	}
	var found struct{ Transaction transaction }
	if err := p.api(ctx, "/transactions/"+of.transactionID+"?expand[]=merchant", &found); err != nil {
		return err
	}
	wants(c, "amount", e.Amount, Pounds(found.Transaction.Amount))
	wants(c, "pending", e.Pending, found.Transaction.Pending)
	if e.Merchant != "" {
		name := ""
		if found.Transaction.Merchant != nil {
			name = found.Transaction.Merchant.Name
		}
		claim(c, "merchant", e.Merchant, name)
	}
	return nil
}

func (p *play) lookAtFeed(ctx context.Context, e Expect, of *payment, c *claims) error {
	if e.Feed == nil {
		return nil
	}
	var page struct{ Items []item }
	if err := p.api(ctx, "/feed?limit=100&account_id="+p.person.AccountID, &page); err != nil {
		return err
	}
	for _, each := range page.Items {
		if each.TransactionID == of.transactionID {
			says(c, "the feed's title", e.Feed.Title, each.Title)
			says(c, "the feed's text", e.Feed.Body, each.Body)
			wants(c, "the feed's amount", e.Feed.Amount, Pounds(each.Amount))
			return nil
		}
	}
	c.wrong = errors.New("the feed does not show it")
	return nil
}

func (p *play) lookAtPhone(ctx context.Context, e Expect, of *payment, c *claims) error {
	if e.Pushed == "" {
		return nil
	}
	shown, err := p.phone(ctx, p.person.DeviceToken)
	if err != nil {
		return err
	}
	body := ""
	for _, each := range shown {
		if each.TransactionID == of.transactionID {
			body = each.APS.Alert.Body
		}
	}
	claim(c, "the phone's text", e.Pushed, body)
	return nil
}
