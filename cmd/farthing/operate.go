package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bank"
	"farthing/cmd/farthing/web"
)

// operate has the bank's admin door do something for an operator. A nil body is none.
func operate(ctx context.Context, n bank.Notice, method, path string, body, into any) error {
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, n.Admin+path, &sent)
	if err != nil {
		return err
	}
	return web.Do(nil, req, into)
}

// once are the flags of what is to happen once.
type once struct{ account, id string }

func (o *once) add(to *cobra.Command) {
	flags := to.Flags()
	flags.StringVar(&o.account, "account", "", "the account's id; the demonstration customer's if not given")
	flags.StringVar(&o.id, "id", "", "your own id of this; a repeat of it answers what happened first")
}

// dedupeID is the id that was given, or a fresh one.
func (o *once) dedupeID() string {
	if o.id != "" {
		return o.id
	}
	return "cli-" + strings.ToLower(rand.Text())
}

// accountOf is an account's id: the demonstration customer's if none is given.
func accountOf(n bank.Notice, given string) (string, error) {
	if given != "" {
		return given, nil
	}
	customer, err := customerOf(n)
	return customer.AccountID, err
}
