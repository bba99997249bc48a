package scenario

import (
	"context"
	"errors"
	"net/http"

	"farthing/client"
)

func (p *play) lookAtMoney(ctx context.Context, e Expect, c *claims) error {
	if e.Balance != nil || e.SpentToday != nil {
		balance, err := p.api().GetBalance(ctx, client.GetBalanceParams{AccountID: p.person.AccountID})
		if err != nil {
			return err
		}
		wants(c, "balance", e.Balance, Pounds(balance.Balance))
		wants(c, "spent today", e.SpentToday, Pounds(-balance.SpendToday))
	}
	if e.Transactions != nil {
		asked := client.ListTransactionsParams{AccountID: p.person.AccountID, Limit: pageMax}
		page, err := p.api().ListTransactions(ctx, asked)
		if err != nil {
			return err
		}
		claim(c, "transactions", *e.Transactions, len(page.Transactions))
	}
	return nil
}

// pageMax is as much as the public API answers at once.
const pageMax = 100

// api is the public API, in the customer's name.
func (p *play) api() *client.Client { return client.New(p.API, client.WithToken(p.person.AccessToken)) }

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
func (p *play) feed(ctx context.Context) ([]client.FeedItem, error) {
	page, err := p.api().ListFeed(ctx, client.ListFeedParams{AccountID: p.person.AccountID, Limit: pageMax})
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
	found, err := p.api().GetTransaction(ctx, id, client.GetTransactionParams{Expand: []string{"merchant"}})
	if err != nil {
		return err
	}
	wants(c, "amount", e.Amount, Pounds(found.Transaction.Amount))
	wants(c, "pending", e.Pending, found.Transaction.AmountIsPending)
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
