package main

import (
	"context"
	"crypto/rand"
	"strings"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bank"
	"farthing/cmd/farthing/web"
)

// operate has the bank's admin door do something for an operator. Bodies are those of web.Send.
func operate(ctx context.Context, n bank.Notice, method, path string, body, into any) error {
	return web.Send(ctx, nil, method, n.Admin+path, body, into)
}

// operate is operate on the bank that runs in the folder.
func (p *program) operate(ctx context.Context, method, path string, body, into any) error {
	n, err := bank.Find(ctx, p.folder())
	if err != nil {
		return err
	}
	return operate(ctx, n, method, path, body, into)
}

// once are the flags of what is to happen once.
type once struct{ account, id string }

func (o *once) add(to *cobra.Command) {
	addAccount(to, &o.account)
	to.Flags().StringVar(&o.id, "id", "", "your own id of this; a repeat of it answers what happened first")
}

// dedupeID is the id that was given, or a fresh one.
func (o *once) dedupeID() string {
	if o.id != "" {
		return o.id
	}
	return "cli-" + strings.ToLower(rand.Text())
}

// addAccount adds the flag of all commands that are about an account.
func addAccount(to *cobra.Command, account *string) {
	to.Flags().StringVar(account, "account", "", "the account's id; the demonstration customer's if not given")
}

// account is the bank that runs, and the account that is meant.
func (p *program) account(ctx context.Context, given string) (bank.Notice, string, error) {
	n, err := bank.Find(ctx, p.folder())
	if err != nil {
		return n, "", err
	}
	account, err := accountOf(n, given)
	return n, account, err
}

// accountOf is an account's id: the demonstration customer's if none is given.
func accountOf(n bank.Notice, given string) (string, error) {
	if given != "" {
		return given, nil
	}
	customer, err := customerOf(n)
	return customer.AccountID, err
}
