// Package newcomer makes somebody a customer of a bank in development, with an account, a card and a phone.
package newcomer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"google.golang.org/grpc"

	accountproto "farthing/service.account/proto"
	apnsproto "farthing/service.apns/proto"
	cardsproto "farthing/service.cards/proto"
	customerproto "farthing/service.customer/proto"
)

const (
	// Caller is in whose name the bank is asked.
	Caller = "farthing"
	// Currency is their account's.
	Currency = "GBP"
)

// Dial connects to a service of the bank in the name of a caller.
type Dial func(caller, callee string) (grpc.ClientConnInterface, error)

// Who comes. They live in London.
type Who struct {
	Key                                  string // Whoever comes again under the same is the same customer.
	Name, FirstName, Email, Born, Street string
	Phone                                string // Says which one they have.
}

// Made is what a customer has from the beginning.
type Made struct {
	UserID, AccountID, CardID, LastFour string
	DeviceToken                         string // Apple's name of a phone that does not exist.
}

// Desk makes customers.
type Desk struct {
	customers customerproto.CustomersClient
	accounts  accountproto.AccountsClient
	cards     cardsproto.CardsClient
	phones    apnsproto.APNSClient
}

// NewDesk is a desk in the bank that is dialled.
func NewDesk(dial Dial) (*Desk, error) {
	conns := make(map[string]grpc.ClientConnInterface)
	for _, name := range []string{"service.customer", "service.account", "service.cards", "service.apns"} {
		conn, err := dial(Caller, name)
		if err != nil {
			return nil, err
		}
		conns[name] = conn
	}
	return &Desk{
		customerproto.NewCustomersClient(conns["service.customer"]), accountproto.NewAccountsClient(conns["service.account"]),
		cardsproto.NewCardsClient(conns["service.cards"]), apnsproto.NewAPNSClient(conns["service.apns"]),
	}, nil
}

// Make makes a customer. Repeating it answers the same one.
func (d *Desk) Make(ctx context.Context, who Who) (Made, error) {
	var m Made
	for _, step := range []func(context.Context, Who, *Made) error{d.create, d.open, d.issue, d.register} {
		if err := step(ctx, who, &m); err != nil {
			return Made{}, err
		}
	}
	return m, nil
}

func (d *Desk) create(ctx context.Context, who Who, m *Made) error {
	created, err := d.customers.Create(ctx, &customerproto.CreateRequest{
		DedupeId: who.Key, PreferredName: who.Name, PreferredFirstName: who.FirstName, Email: who.Email,
		DateOfBirth: who.Born, Address: &customerproto.Address{
			Lines: []string{who.Street}, City: "London", Postcode: "E1 6AN", Country: "GBR",
		},
	})
	if err != nil {
		return fmt.Errorf("creating the customer: %w", err)
	}
	m.UserID = created.GetCustomer().GetId()
	return nil
}

func (d *Desk) open(ctx context.Context, who Who, m *Made) error {
	opened, err := d.accounts.Open(ctx, &accountproto.OpenRequest{
		UserId: m.UserID, Type: "uk_retail", Currency: Currency, DedupeId: who.Key,
	})
	if err != nil {
		return fmt.Errorf("opening the account: %w", err)
	}
	m.AccountID = opened.GetAccount().GetId()
	return nil
}

func (d *Desk) issue(ctx context.Context, who Who, m *Made) error {
	issued, err := d.cards.Issue(ctx, &cardsproto.IssueRequest{
		AccountId: m.AccountID, UserId: m.UserID, DedupeId: who.Key,
	})
	if err != nil {
		return fmt.Errorf("issuing the card: %w", err)
	}
	m.CardID, m.LastFour = issued.GetCard().GetId(), issued.GetCard().GetLastFour()
	return nil
}

func (d *Desk) register(ctx context.Context, who Who, m *Made) error {
	token := sha256.Sum256([]byte(who.Phone))
	m.DeviceToken = hex.EncodeToString(token[:])
	_, err := d.phones.RegisterDevice(ctx, &apnsproto.RegisterDeviceRequest{
		UserId: m.UserID, DeviceToken: m.DeviceToken,
	})
	if err != nil {
		return fmt.Errorf("registering the phone: %w", err)
	}
	return nil
}
