package bench

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	"farthing/pkg/errs"
	moneyproto "farthing/pkg/money/proto"
	accountproto "farthing/service.account/proto"
	apnsproto "farthing/service.apns/proto"
	balanceproto "farthing/service.balance/proto"
	cardsproto "farthing/service.cards/proto"
	customerproto "farthing/service.customer/proto"
)

// Dial connects to a service of the bank in the name of a caller.
type Dial func(caller, callee string) (grpc.ClientConnInterface, error)

const (
	caller        = "farthing"
	atOnce        = 16
	triesMax      = 5
	customersMax  = 100_000
	fundingMinor  = 10_000_000_00 // A day of swipes at a penny each does not use it up.
	batchNameMax  = 32
	benchCurrency = "GBP"
)

// clients are what a customer is made with.
type clients struct {
	customers customerproto.CustomersClient
	accounts  accountproto.AccountsClient
	cards     cardsproto.CardsClient
	phones    apnsproto.APNSClient
	balance   balanceproto.BalanceClient
}

func newClients(dial Dial) (*clients, error) {
	conns := make(map[string]grpc.ClientConnInterface)
	for _, name := range []string{
		"service.customer", "service.account", "service.cards", "service.apns", "service.balance",
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
		card, err = c.makeCustomer(ctx, name)
		if !errs.Is(err, errs.Timeout) && !errs.Is(err, errs.Unavailable) {
			break
		}
	}
	return card, err
}

func (c *clients) makeCustomer(ctx context.Context, name string) (card string, err error) {
	customer, err := c.customers.Create(ctx, &customerproto.CreateRequest{
		DedupeId: name, PreferredName: "Bench Customer", PreferredFirstName: "Bench", Email: name + "@example.com",
		DateOfBirth: "1990-01-01",
		Address: &customerproto.Address{
			Lines: []string{"1 Load Lane"}, City: "London", Postcode: "E1 6AN", Country: "GBR",
		},
	})
	if err != nil {
		return "", fmt.Errorf("creating a customer: %w", err)
	}
	user := customer.GetCustomer().GetId()
	account, err := c.accounts.Open(ctx, &accountproto.OpenRequest{
		UserId: user, Type: "uk_retail", Currency: benchCurrency, DedupeId: name,
	})
	if err != nil {
		return "", fmt.Errorf("opening an account: %w", err)
	}
	return c.equip(ctx, name, user, account.GetAccount().GetId())
}

// equip gives a customer money, a phone and a card.
func (c *clients) equip(ctx context.Context, name, user, account string) (card string, err error) {
	_, err = c.balance.PayIn(ctx, &balanceproto.PayInRequest{
		AccountId: account, Amount: &moneyproto.Money{Minor: fundingMinor, Currency: benchCurrency}, DedupeId: name,
	})
	if err != nil {
		return "", fmt.Errorf("paying in: %w", err)
	}
	device := sha256.Sum256([]byte(name))
	_, err = c.phones.RegisterDevice(ctx, &apnsproto.RegisterDeviceRequest{
		UserId: user, DeviceToken: hex.EncodeToString(device[:]),
	})
	if err != nil {
		return "", fmt.Errorf("registering a phone: %w", err)
	}
	issued, err := c.cards.Issue(ctx, &cardsproto.IssueRequest{AccountId: account, UserId: user, DedupeId: name})
	if err != nil {
		return "", fmt.Errorf("issuing a card: %w", err)
	}
	return issued.GetCard().GetId(), nil
}
