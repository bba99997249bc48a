package development

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"farthing/cmd/farthing/newcomer"
	"farthing/pkg/id"
	moneyproto "farthing/pkg/money/proto"
	authproto "farthing/service.auth/proto"
	balanceproto "farthing/service.balance/proto"
)

const (
	atOnce       = 16
	fundingMinor = 10_000_000_00 // A day of swipes at a penny each does not use it up.
)

// Person is a customer with an account, a card, a phone, and a token for the public API.
type Person struct {
	UserID      string `json:"user_id"`
	AccountID   string `json:"account_id"`
	CardID      string `json:"card_id"`
	DeviceToken string `json:"device_token"`
	AccessToken string `json:"access_token,omitempty"`
}

// clients are what a customer is made with.
type clients struct {
	desk    *newcomer.Desk
	balance balanceproto.BalanceClient
	auth    authproto.AuthClient
}

func newClients(dial newcomer.Dial) (*clients, error) {
	desk, err := newcomer.NewDesk(dial)
	if err != nil {
		return nil, err
	}
	balance, err := dial(newcomer.Caller, "service.balance")
	if err != nil {
		return nil, err
	}
	auth, err := dial(newcomer.Caller, "service.auth")
	if err != nil {
		return nil, err
	}
	return &clients{desk, balanceproto.NewBalanceClient(balance), authproto.NewAuthClient(auth)}, nil
}

// makeCustomers makes n customers with an account, money, a card and a phone each, and answers the cards. A repeat of
// a batch's name answers the same ones.
func (c *clients) makeCustomers(ctx context.Context, batch string, n int) ([]string, error) {
	cards := make([]string, n)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i := range n {
		group.Go(func() error {
			p, err := c.makeCustomer(ctx, fmt.Sprintf("bench-%s-%d", batch, i), "Bench Customer", fundingMinor)
			cards[i] = p.CardID
			return err
		})
	}
	return cards, group.Wait()
}

// tokenLifetime is the longest that service.auth gives.
const tokenLifetime = 400 * 24 * time.Hour

// makePerson makes a customer who may use the public API.
func (c *clients) makePerson(ctx context.Context, name string, minor int64) (Person, error) {
	p, err := c.makeCustomer(ctx, "person-"+name, name, minor)
	if err != nil {
		return Person{}, err
	}
	issued, err := c.auth.Issue(ctx, &authproto.IssueRequest{
		UserId: p.UserID, ClientId: id.Hash("oauth2client", "development"),
		LifetimeSeconds: int64(tokenLifetime / time.Second),
		Scopes:          authproto.Scopes(), StaysApproved: true,
	})
	if err != nil {
		return Person{}, fmt.Errorf("issuing a token: %w", err)
	}
	p.AccessToken = issued.GetAccessToken()
	return p, nil
}

// makeCustomer makes a customer who has money.
func (c *clients) makeCustomer(ctx context.Context, key, name string, minor int64) (Person, error) {
	made, err := c.desk.Make(ctx, newcomer.Who{
		Key: key, Name: name, FirstName: name, Email: id.Hash("mail", key) + "@example.com", Born: "1990-01-01",
		Street: "1 Load Lane", Phone: key,
	})
	if err != nil {
		return Person{}, err
	}
	if minor > 0 {
		_, err = c.balance.PayIn(ctx, &balanceproto.PayInRequest{
			AccountId: made.AccountID, Amount: &moneyproto.Money{Minor: minor, Currency: newcomer.Currency}, DedupeId: key,
		})
	}
	if err != nil {
		return Person{}, fmt.Errorf("paying in: %w", err)
	}
	return Person{
		UserID: made.UserID, AccountID: made.AccountID, CardID: made.CardID, DeviceToken: made.DeviceToken,
	}, nil
}
