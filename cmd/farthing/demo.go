package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"farthing/client"
	"farthing/cmd/farthing/bank"
	"farthing/cmd/farthing/demo"
)

func (p *program) demo() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Print where the bank is and who its demonstration customer is, as JSON",
		Example: "  farthing demo\n" +
			"  curl -H \"Authorization: Bearer $(farthing demo | jq -r .access_token)\" http://127.0.0.1:8080/accounts",
		Args: arguments(), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, _ []string) error {
			n, err := p.customer(c.Context())
			if err != nil {
				return err
			}
			if p.json() {
				return p.print(demonstrationOf(n))
			}
			return p.printIndented(demonstrationOf(n))
		},
	}
}

// demonstration is what a program needs to begin with.
type demonstration struct {
	API         string `json:"api"`
	CardEdge    string `json:"card_edge"`
	Console     string `json:"console"`
	Admin       string `json:"admin"`
	ISO8583     string `json:"iso8583"`     // host:port.
	Login       string `json:"login"`       // Where programs send customers to log in.
	MailFolder  string `json:"mail_folder"` // Where the links come that these are mailed; "" if a server takes them.
	UserID      string `json:"user_id"`
	AccountID   string `json:"account_id"`
	CardID      string `json:"card_id"`
	PotID       string `json:"pot_id"`
	Email       string `json:"email"`
	AccessToken string `json:"access_token"`
	// The program whose the access token is.
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
}

func demonstrationOf(n bank.Notice) demonstration {
	d := demonstration{
		API: n.API, CardEdge: n.CardEdge, Console: n.Console, Admin: n.Admin, ISO8583: n.ISO8583, Login: n.Login,
		MailFolder: n.MailFolder,
	}
	if c := n.Demonstration; c != nil {
		d.UserID, d.AccountID, d.CardID, d.PotID, d.Email = c.UserID, c.AccountID, c.CardID, c.PotID, demo.Email
		d.AccessToken, d.ClientID, d.ClientSecret = c.AccessToken, c.ClientID, c.ClientSecret
	}
	return d
}

// customer finds the bank, which has a demonstration customer.
func (p *program) customer(ctx context.Context) (bank.Notice, error) {
	n, err := bank.Find(ctx, p.folder())
	if err != nil {
		return bank.Notice{}, err
	}
	_, err = customerOf(n)
	return n, err
}

// publicAPI is the public API, in the demonstration customer's name.
func publicAPI(n bank.Notice) *client.Client {
	return client.New(n.API, client.WithToken(n.Demonstration.CLIToken), client.WithUserAgent("farthing"))
}

func customerOf(n bank.Notice) (demo.Customer, error) {
	if n.Demonstration == nil {
		return demo.Customer{}, errors.New("this bank began empty: it has no demonstration customer")
	}
	return *n.Demonstration, nil
}
