package scenario

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"farthing/cmd/farthing/statement"
	"farthing/pkg/day"
	balanceproto "farthing/service.balance/proto"
)

// InPot is what must be so of a pot.
type InPot struct {
	Name    string  `yaml:"name"`
	Balance *Pounds `yaml:"balance"`
	Deleted *bool   `yaml:"deleted"`
}

func (p *play) lookAtPot(ctx context.Context, e Expect, c *claims) error {
	if e.Pot == nil {
		return nil
	}
	found, err := p.pot(ctx, e.Pot.Name)
	wants(c, "in the pot", e.Pot.Balance, Pounds(found.Balance))
	wants(c, "deleted", e.Pot.Deleted, found.Deleted)
	return err
}

// Order is what must be so of a standing order.
type Order struct {
	Name   string `yaml:"name"`
	State  string `yaml:"state"` // "active", "cancelled" or "finished".
	Paid   *int64 `yaml:"paid"`  // How many days were paid, and how many were not.
	Failed *int64 `yaml:"failed"`
	Next   string `yaml:"next"` // The hour of its next try in London, "06:00".
}

func (p *play) lookAtOrder(ctx context.Context, e Expect, c *claims) error {
	if e.Order == nil {
		return nil
	}
	found, err := p.order(ctx, e.Order.Name)
	says(c, "the standing order", e.Order.State, found.State)
	wants(c, "times paid", e.Order.Paid, found.Paid)
	wants(c, "times failed", e.Order.Failed, found.Failed)
	says(c, "next tried at", e.Order.Next, found.NextTime)
	return err
}

// Statement is what must be so of a statement that ends today. It is added up again, whatever is wanted of it.
type Statement struct {
	Days     int     `yaml:"days"` // In London; since the story began if left out.
	Opening  *Pounds `yaml:"opening"`
	In       *Pounds `yaml:"in"`
	Out      *Pounds `yaml:"out"`
	Closing  *Pounds `yaml:"closing"`
	Postings *int    `yaml:"postings"`
}

func (p *play) lookAtStatement(ctx context.Context, e Expect, c *claims) error {
	if e.Statement == nil {
		return nil
	}
	from, to, err := p.days(ctx, e.Statement.Days)
	if err != nil {
		return err
	}
	found, err := statement.Fetch(ctx, p.get, p.person.AccountID, from, to)
	if err != nil {
		return err
	}
	wants(c, "opening balance", e.Statement.Opening, Pounds(found.Opening))
	wants(c, "money in", e.Statement.In, Pounds(found.TotalIn))
	wants(c, "money out", e.Statement.Out, Pounds(found.TotalOut))
	wants(c, "closing balance", e.Statement.Closing, Pounds(found.Closing))
	wants(c, "postings", e.Statement.Postings, len(found.Postings))
	return nil
}

func (p *play) get(ctx context.Context, path string, into any) error {
	return p.admin(ctx, http.MethodGet, path, nil, into)
}

// days are the first and the last of so many days of which today is the last.
func (p *play) days(ctx context.Context, n int) (from, to string, err error) {
	london, err := day.London()
	if err != nil {
		return "", "", err
	}
	is, err := p.time(ctx)
	if err != nil {
		return "", "", err
	}
	first, today := p.began.In(london), is.Now.In(london)
	if n > 0 {
		first = today.AddDate(0, 0, 1-n)
	}
	return first.Format(time.DateOnly), today.Format(time.DateOnly), nil
}

// Was is what the account had at a past time.
type Was struct {
	Ago       string  `yaml:"ago"` // "8d".
	Available *Pounds `yaml:"available"`
	Posted    *Pounds `yaml:"posted"`
	Held      *Pounds `yaml:"held"`
}

func (p *play) lookAtPast(ctx context.Context, e Expect, c *claims) error {
	if e.Was == nil {
		return nil
	}
	ago, err := ParseDuration(e.Was.Ago)
	if err != nil {
		return err
	}
	is, err := p.time(ctx)
	if err != nil {
		return err
	}
	query := url.Values{"at": {is.Now.Add(-ago).Format(time.RFC3339)}}
	path := balanceproto.LedgersPath + url.PathEscape(p.person.AccountID) + balanceproto.BalancePath
	var found balanceproto.BalanceView
	err = p.get(ctx, path+"?"+query.Encode(), &found)
	wants(c, "available then", e.Was.Available, Pounds(found.Available))
	wants(c, "posted then", e.Was.Posted, Pounds(found.Posted))
	wants(c, "held then", e.Was.Held, Pounds(found.Held))
	return err
}
