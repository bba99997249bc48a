package demo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"google.golang.org/grpc"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	accountproto "farthing/service.account/proto"
	apnsproto "farthing/service.apns/proto"
	authproto "farthing/service.auth/proto"
	cardsproto "farthing/service.cards/proto"
	customerproto "farthing/service.customer/proto"
	potproto "farthing/service.pot/proto"
)

// Customer is what programs need to know of the demonstration customer.
type Customer struct {
	Name        string `json:"name"`
	UserID      string `json:"user_id"`
	AccountID   string `json:"account_id"`
	CardID      string `json:"card_id"`
	PotID       string `json:"pot_id"`
	LastFour    string `json:"last_four"`
	DeviceToken string `json:"device_token"`
	AccessToken string `json:"access_token"` // For programs; long-lived, as only development has it.
	CLIToken    string `json:"cli_token"`    // The commands' own.
}

// Dial connects to a service of the bank in the name of a caller.
type Dial func(caller, callee string) (grpc.ClientConnInterface, error)

const (
	caller    = "farthing"
	firstName = "Ada"
	name      = "Ada Osborne"
	// tokenLifetime is the longest that service.auth gives; RenewTokens makes new ones after that.
	tokenLifetime = 400 * 24 * time.Hour
)

// arrive makes the customer of a life, with an account, a card and a phone. Repeating it is harmless.
func arrive(ctx context.Context, dial Dial, life string) (Customer, error) {
	c := Customer{Name: name, DeviceToken: deviceToken()}
	create := func(ctx context.Context, dial Dial, c *Customer) error { return createUser(ctx, dial, life, c) }
	for _, step := range []func(context.Context, Dial, *Customer) error{
		create, openAccount, issueCard, makePot, registerPhone,
	} {
		if err := step(ctx, dial, &c); err != nil {
			return Customer{}, err
		}
	}
	return c, RenewTokens(ctx, dial, &c)
}

func createUser(ctx context.Context, dial Dial, life string, c *Customer) error {
	conn, err := dial(caller, "service.customer")
	if err != nil {
		return err
	}
	rsp, err := customerproto.NewCustomersClient(conn).Create(ctx, &customerproto.CreateRequest{
		DedupeId: life, PreferredName: name, PreferredFirstName: firstName,
		Email: "ada.osborne@example.com", DateOfBirth: "1991-05-17",
		Address: &customerproto.Address{
			Lines: []string{"12 Farthing Lane"}, City: "London", Postcode: "E1 6AN", Country: "GBR",
		},
	})
	if err != nil {
		return fmt.Errorf("creating the customer: %w", err)
	}
	c.UserID = rsp.GetCustomer().GetId()
	return nil
}

func openAccount(ctx context.Context, dial Dial, c *Customer) error {
	conn, err := dial(caller, "service.account")
	if err != nil {
		return err
	}
	rsp, err := accountproto.NewAccountsClient(conn).Open(ctx, &accountproto.OpenRequest{
		UserId: c.UserID, Type: "uk_retail", Currency: currency, DedupeId: "demonstration",
	})
	if err != nil {
		return fmt.Errorf("opening the account: %w", err)
	}
	c.AccountID = rsp.GetAccount().GetId()
	return nil
}

func issueCard(ctx context.Context, dial Dial, c *Customer) error {
	conn, err := dial(caller, "service.cards")
	if err != nil {
		return err
	}
	rsp, err := cardsproto.NewCardsClient(conn).Issue(ctx, &cardsproto.IssueRequest{
		AccountId: c.AccountID, UserId: c.UserID, DedupeId: "demonstration",
	})
	if err != nil {
		return fmt.Errorf("issuing the card: %w", err)
	}
	c.CardID, c.LastFour = rsp.GetCard().GetId(), rsp.GetCard().GetLastFour()
	return nil
}

func makePot(ctx context.Context, dial Dial, c *Customer) error {
	conn, err := dial(caller, "service.pot")
	if err != nil {
		return err
	}
	rsp, err := potproto.NewPotsClient(conn).Create(ctx, &potproto.CreateRequest{
		CurrentAccountId: c.AccountID, Name: "Lisbon in May", Style: "beach_ball", GoalMinor: 1_200_00,
		DedupeId: "demonstration",
	})
	if err != nil {
		return fmt.Errorf("making the pot: %w", err)
	}
	c.PotID = rsp.GetPot().GetId()
	return nil
}

func registerPhone(ctx context.Context, dial Dial, c *Customer) error {
	conn, err := dial(caller, "service.apns")
	if err != nil {
		return err
	}
	_, err = apnsproto.NewAPNSClient(conn).RegisterDevice(ctx, &apnsproto.RegisterDeviceRequest{
		UserId: c.UserID, DeviceToken: c.DeviceToken,
	})
	if err != nil {
		return fmt.Errorf("registering the phone: %w", err)
	}
	return nil
}

// deviceToken is Apple's name of a phone that does not exist.
func deviceToken() string {
	sum := sha256.Sum256([]byte("the demonstration customer's phone"))
	return hex.EncodeToString(sum[:])
}

// RenewTokens replaces the tokens that are missing or have expired.
func RenewTokens(ctx context.Context, dial Dial, c *Customer) error {
	conn, err := dial(caller, "service.auth")
	if err != nil {
		return err
	}
	auth := authproto.NewAuthClient(conn)
	for client, token := range map[string]*string{"demonstration": &c.AccessToken, "farthing": &c.CLIToken} {
		if err := renew(ctx, auth, c.UserID, id.Hash("oauth2client", client), token); err != nil {
			return fmt.Errorf("issuing a token: %w", err)
		}
	}
	return nil
}

func renew(ctx context.Context, auth authproto.AuthClient, user, client string, token *string) error {
	if *token != "" {
		_, err := auth.Check(ctx, &authproto.CheckRequest{AccessToken: *token})
		if !errs.Is(err, errs.Unauthorized) {
			return err
		}
	}
	issued, err := auth.Issue(ctx, &authproto.IssueRequest{
		UserId: user, ClientId: client, LifetimeSeconds: int64(tokenLifetime / time.Second),
		Scopes: []string{
			"accounts:read", "transactions:read", "transactions:write", "feed:read", "cards:read", "cards:write",
		},
	})
	if err != nil {
		return err
	}
	*token = issued.GetAccessToken()
	return nil
}
