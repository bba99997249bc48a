package development

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	moneyproto "farthing/pkg/money/proto"
	accountproto "farthing/service.account/proto"
	apnsproto "farthing/service.apns/proto"
	authproto "farthing/service.auth/proto"
	balanceproto "farthing/service.balance/proto"
	cardsproto "farthing/service.cards/proto"
	customerproto "farthing/service.customer/proto"
)

// Dial connects to a service of the bank in the name of a caller.
type Dial func(caller, callee string) (grpc.ClientConnInterface, error)

const (
	caller       = "farthing"
	atOnce       = 16
	triesMax     = 5
	fundingMinor = 10_000_000_00 // A day of swipes at a penny each does not use it up.
	currency     = "GBP"
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
	customers customerproto.CustomersClient
	accounts  accountproto.AccountsClient
	cards     cardsproto.CardsClient
	phones    apnsproto.APNSClient
	balance   balanceproto.BalanceClient
	auth      authproto.AuthClient
}

func newClients(dial Dial) (*clients, error) {
	conns := make(map[string]grpc.ClientConnInterface)
	for _, name := range []string{
		"service.customer", "service.account", "service.cards", "service.apns", "service.balance",
		"service.auth",
	} {
		conn, err := dial(caller, name)
		if err != nil {
			return nil, err
		}
		conns[name] = conn
	}
	return &clients{
		customerproto.NewCustomersClient(conns["service.customer"]), accountproto.NewAccountsClient(conns["service.account"]),
		cardsproto.NewCardsClient(conns["service.cards"]), apnsproto.NewAPNSClient(conns["service.apns"]),
		balanceproto.NewBalanceClient(conns["service.balance"]),
		authproto.NewAuthClient(conns["service.auth"]),
	}, nil
}

// makeCustomers makes n customers with an account, money, a card and a phone each, and answers the cards. A repeat of
// a batch's name answers the same ones.
func (c *clients) makeCustomers(ctx context.Context, batch string, n int) ([]string, error) {
	cards := make([]string, n)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i := range n {
		group.Go(func() (err error) {
			cards[i], err = c.persist(ctx, fmt.Sprintf("bench-%s-%d", batch, i))
			return err
		})
	}
	return cards, group.Wait()
}

// persist makes a customer on a machine that may be busy with much else: whatever is unknown or was not done is asked
// for again under the same name.
func (c *clients) persist(ctx context.Context, name string) (card string, err error) {
	for range triesMax {
		var p Person
		if p, err = c.makeCustomer(ctx, name, "Bench Customer", fundingMinor); err == nil {
			return p.CardID, nil
		}
		if !errs.Is(err, errs.Timeout) && !errs.Is(err, errs.Unavailable) {
			break
		}
	}
	return "", err
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
		Scopes: []string{
			"accounts:read", "transactions:read", "transactions:write", "feed:read", "cards:read", "cards:write",
		},
	})
	if err != nil {
		return Person{}, fmt.Errorf("issuing a token: %w", err)
	}
	p.AccessToken = issued.GetAccessToken()
	return p, nil
}

func (c *clients) makeCustomer(ctx context.Context, key, name string, minor int64) (Person, error) {
	customer, err := c.customers.Create(ctx, &customerproto.CreateRequest{
		DedupeId: key, PreferredName: name, PreferredFirstName: name, Email: id.Hash("mail", key) + "@example.com",
		DateOfBirth: "1990-01-01",
		Address: &customerproto.Address{
			Lines: []string{"1 Load Lane"}, City: "London", Postcode: "E1 6AN", Country: "GBR",
		},
	})
	if err != nil {
		return Person{}, fmt.Errorf("creating a customer: %w", err)
	}
	p := Person{UserID: customer.GetCustomer().GetId()}
	account, err := c.accounts.Open(ctx, &accountproto.OpenRequest{
		UserId: p.UserID, Type: "uk_retail", Currency: currency, DedupeId: key,
	})
	if err != nil {
		return Person{}, fmt.Errorf("opening an account: %w", err)
	}
	p.AccountID = account.GetAccount().GetId()
	return p, c.equip(ctx, key, &p, minor)
}

// equip gives a customer money, a phone and a card.
func (c *clients) equip(ctx context.Context, key string, p *Person, minor int64) error {
	if minor > 0 {
		_, err := c.balance.PayIn(ctx, &balanceproto.PayInRequest{
			AccountId: p.AccountID, Amount: &moneyproto.Money{Minor: minor, Currency: currency}, DedupeId: key,
		})
		if err != nil {
			return fmt.Errorf("paying in: %w", err)
		}
	}
	device := sha256.Sum256([]byte(key))
	p.DeviceToken = hex.EncodeToString(device[:])
	_, err := c.phones.RegisterDevice(ctx, &apnsproto.RegisterDeviceRequest{UserId: p.UserID, DeviceToken: p.DeviceToken})
	if err != nil {
		return fmt.Errorf("registering a phone: %w", err)
	}
	issued, err := c.cards.Issue(ctx, &cardsproto.IssueRequest{AccountId: p.AccountID, UserId: p.UserID, DedupeId: key})
	if err != nil {
		return fmt.Errorf("issuing a card: %w", err)
	}
	p.CardID = issued.GetCard().GetId()
	return nil
}
