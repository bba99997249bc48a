package scenario

import (
	"context"
	"errors"
	"net/http"
)

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

func (p *play) lookAtCard(ctx context.Context, e Expect, c *claims) error {
	if e.PINTriesLeft == nil {
		return nil
	}
	card, err := p.Doors.card(ctx, http.MethodGet, p.card, "", nil)
	wants(c, "PIN tries left", e.PINTriesLeft, card.PINTriesLeft)
	return err
}

// transactionOf is what the customer sees of a payment: of none, the newest in the feed, if there is any.
func (p *play) transactionOf(ctx context.Context, of *payment) (string, error) {
	if of.transactionID != "" {
		return of.transactionID, nil
	}
	items, err := p.feed(ctx)
	if err != nil || len(items) == 0 {
		return "", err
	}
	return items[0].TransactionID, nil
}

// feed is the newest items of the customer's feed, the newest first.
func (p *play) feed(ctx context.Context) ([]item, error) {
	var page struct{ Items []item }
	err := p.api(ctx, "/feed?limit=100&account_id="+p.person.AccountID, &page)
	return page.Items, err
}

func (p *play) lookAtTransaction(ctx context.Context, e Expect, of *payment, c *claims) error {
	if e.Amount == nil && e.Pending == nil && e.Merchant == "" {
		return nil
	}
	id, err := p.transactionOf(ctx, of)
	if err != nil || id == "" {
		c.wrong = errors.New("there is no transaction yet")
		return err
	}
	var found struct{ Transaction transaction }
	if err := p.api(ctx, "/transactions/"+id+"?expand[]=merchant", &found); err != nil {
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
	id, err := p.transactionOf(ctx, of)
	if err != nil {
		return err
	}
	items, err := p.feed(ctx)
	if err != nil {
		return err
	}
	for _, each := range items {
		if each.TransactionID == id {
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
	id, err := p.transactionOf(ctx, of)
	if err != nil {
		return err
	}
	shown, err := p.phone(ctx, p.person.DeviceToken)
	if err != nil {
		return err
	}
	body := ""
	for _, each := range shown {
		if each.TransactionID == id {
			body = each.APS.Alert.Body
		}
	}
	claim(c, "the phone's text", e.Pushed, body)
	return nil
}
