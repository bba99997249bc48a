package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"farthing/cmd/farthing/newcomer"
	"farthing/pkg/errs"
	"farthing/pkg/id"
	authproto "farthing/service.auth/proto"
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
	// The program whose the access token is: it can also have one of its own, by logging in.
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
}

// callbacks are where the program may have its users sent back to: where most developers listen.
func callbacks() []string {
	return []string{"http://localhost:8080/callback", "http://localhost:3000/callback"}
}

// Email is where the customer's mail goes.
const Email = "ada.osborne@example.com"

// tokenLifetime is the longest that service.auth gives; RenewTokens makes new ones after that.
const tokenLifetime = 400 * 24 * time.Hour

// arrive makes the customer of a life, with a pot. Repeating it is harmless.
func arrive(ctx context.Context, dial newcomer.Dial, life string) (Customer, error) {
	desk, err := newcomer.NewDesk(dial)
	if err != nil {
		return Customer{}, err
	}
	who := newcomer.Who{
		Key: life, Name: "Ada Osborne", FirstName: "Ada", Email: Email, Born: "1991-05-17",
		Street: "12 Farthing Lane", Phone: "the demonstration customer's phone",
	}
	made, err := desk.Make(ctx, who)
	if err != nil {
		return Customer{}, err
	}
	c := Customer{
		Name: who.Name, UserID: made.UserID, AccountID: made.AccountID, CardID: made.CardID, LastFour: made.LastFour,
		DeviceToken: made.DeviceToken,
	}
	if err := makePot(ctx, dial, &c); err != nil {
		return Customer{}, err
	}
	return c, RenewTokens(ctx, dial, &c)
}

func makePot(ctx context.Context, dial newcomer.Dial, c *Customer) error {
	conn, err := dial(newcomer.Caller, "service.pot")
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

// RenewTokens replaces the tokens that are missing, have expired, or are of a version that could permit less. A
// customer of a version that had no programs gets one.
func RenewTokens(ctx context.Context, dial newcomer.Dial, c *Customer) error {
	conn, err := dial(newcomer.Caller, "service.auth")
	if err != nil {
		return err
	}
	auth := authproto.NewAuthClient(conn)
	if err := makeProgram(ctx, auth, c); err != nil {
		return err
	}
	for client, token := range map[string]*string{
		c.ClientID: &c.AccessToken, id.Hash("oauth2client", "farthing"): &c.CLIToken,
	} {
		if err := renew(ctx, auth, c.UserID, client, token); err != nil {
			return fmt.Errorf("issuing a token: %w", err)
		}
	}
	return nil
}

// makeProgram registers the customer's program, unless there is one.
func makeProgram(ctx context.Context, auth authproto.AuthClient, c *Customer) error {
	if c.ClientID != "" {
		return nil
	}
	made, err := auth.CreateClient(ctx, &authproto.CreateClientRequest{
		Name: "Demonstration", RedirectUris: callbacks(), OwnerUserId: c.UserID,
	})
	if err != nil {
		return fmt.Errorf("registering the program: %w", err)
	}
	c.ClientID, c.ClientSecret = made.GetClient().GetId(), made.GetClientSecret()
	return nil
}

func renew(ctx context.Context, auth authproto.AuthClient, user, client string, token *string) error {
	if *token != "" {
		granted, err := auth.Check(ctx, &authproto.CheckRequest{AccessToken: *token})
		switch {
		case err == nil && granted.GetClientId() == client && lacksNothing(granted):
			return nil
		case err != nil && !errs.Is(err, errs.Unauthorized):
			return err
		}
	}
	issued, err := auth.Issue(ctx, &authproto.IssueRequest{
		UserId: user, ClientId: client, LifetimeSeconds: int64(tokenLifetime / time.Second),
		Scopes: authproto.Scopes(), StaysApproved: true,
	})
	if err != nil {
		return err
	}
	*token = issued.GetAccessToken()
	return nil
}

// lacksNothing tells whether a token permits all there is, to somebody who approved it: one that stays approved was
// so just now, and others never were.
func lacksNothing(granted *authproto.CheckResponse) bool {
	for _, scope := range authproto.Scopes() {
		if !slices.Contains(granted.GetScopes(), scope) {
			return false
		}
	}
	return granted.GetApprovedMs() > 0
}
