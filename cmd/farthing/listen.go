package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bank"
	"farthing/cmd/farthing/terminal"
	"farthing/cmd/farthing/web"
	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/money"
	webhookproto "farthing/service.webhook/proto"
	"farthing/service.webhook/standard"
)

func (p *program) listen() *cobra.Command {
	var wanted []string
	listen := &cobra.Command{
		Use:   "listen",
		Short: "Show what a webhook of the demonstration customer's account is told",
		Long: "Listen registers a webhook at a server of its own on this machine, checks each message's signature,\n" +
			"shows it, and deregisters the webhook when it is interrupted. The bank must be one that was started with\n" +
			"'--allow-loopback-webhooks'. As JSON the webhook comes first, and then each message on a line.\n\n" +
			"Events: " + strings.Join(webhookproto.Events(), ", ") + ".",
		Example: "  farthing listen\n  farthing listen --events transaction.created,balance.updated\n" +
			"  farthing listen --events card.updated -o json",
		Args: arguments(), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, _ []string) error { return p.runListen(c.Context(), wanted) },
	}
	listen.Flags().StringSliceVar(&wanted, "events", []string{webhookproto.TransactionCreated}, "what to be told of")
	completions := cobra.FixedCompletions(webhookproto.Events(), cobra.ShellCompDirectiveNoFileComp)
	_ = listen.RegisterFlagCompletionFunc("events", completions)
	return listen
}

func (p *program) runListen(ctx context.Context, wanted []string) (err error) {
	n, err := p.customer(ctx)
	if err != nil {
		return err
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	ear := &ear{program: p, seen: make(map[string]bool)}
	server := &http.Server{Handler: ear, ReadHeaderTimeout: listenTimeout, ReadTimeout: listenTimeout}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	defer serving.Wait()
	defer func() { _ = server.Close() }()
	hook, err := p.register(ctx, n, "http://"+listener.Addr().String()+"/", wanted)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, deregister(ctx, n, hook.ID)) }()
	if err := ear.know(hook.Secret); err != nil {
		return err
	}
	if err := p.showHook(hook); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// listenTimeout is more than the bank takes to send a message.
const listenTimeout = 10 * time.Second

// hook is a webhook as the public API answers it.
type hook struct {
	ID        string   `json:"id"`
	AccountID string   `json:"account_id"`
	URL       string   `json:"url"`
	Events    []string `json:"events"`
	Secret    string   `json:"secret"`
}

func (p *program) register(ctx context.Context, n bank.Notice, address string, wanted []string) (hook, error) {
	var made struct {
		Webhook hook `json:"webhook"`
	}
	err := askAPI(ctx, n, http.MethodPost, "/webhooks", map[string]any{
		"account_id": n.Demonstration.AccountID, "url": address, "events": wanted,
	}, &made)
	if errs.Is(err, errs.BadRequest+".bad_param.url") {
		return hook{}, errors.New("the bank calls no URL of this machine: start it with '" +
			p.command("up --allow-loopback-webhooks") + "'")
	}
	return made.Webhook, err
}

// deregister takes a webhook away, also if ctx has ended.
func deregister(ctx context.Context, n bank.Notice, hookID string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), listenTimeout)
	defer cancel()
	if err := askAPI(ctx, n, http.MethodDelete, "/webhooks/"+hookID, nil, &struct{}{}); err != nil {
		return fmt.Errorf("deregistering the webhook %s: %w", hookID, err)
	}
	return nil
}

// askAPI asks the public API in the demonstration customer's name.
func askAPI(ctx context.Context, n bank.Notice, method, path string, body, into any) error {
	var sent io.Reader = http.NoBody
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent = strings.NewReader(string(text))
	}
	req, err := http.NewRequestWithContext(ctx, method, n.API+path, sent)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+n.Demonstration.CLIToken)
	req.Header.Set("Content-Type", "application/json")
	return web.Do(nil, req, into)
}

func (p *program) showHook(h hook) error {
	if p.json() {
		return p.print(struct {
			ID        string   `json:"id"`
			AccountID string   `json:"account_id"`
			URL       string   `json:"url"`
			Events    []string `json:"events"`
		}{h.ID, h.AccountID, h.URL, h.Events})
	}
	_, err := fmt.Fprintf(p.screen, "%s for %s on %s. Ctrl-C ends it.\n\n", p.screen.Bold("Listening"),
		strings.Join(h.Events, ", "), h.AccountID)
	return err
}

// ear hears what the bank sends.
type ear struct {
	program *program

	mu     sync.Mutex // Guards the rest.
	secret standard.Secret
	known  bool
	seen   map[string]bool // By message.
}

func (e *ear) know(secret string) error {
	parsed, err := standard.ParseSecret(secret)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.secret, e.known = parsed, err == nil
	return err
}

// messageMax is far above what the bank sends.
const messageMax = 1 << 20

// ServeHTTP takes a message that is signed, and shows it once, however often it comes.
func (e *ear) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, messageMax))
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.known { // The bank is faster than its answer: it will try again.
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if err := standard.Verify(req.Header, body, clock.Real{}.Now(), e.secret); err != nil {
		fmt.Fprintln(e.program.errors, "farthing: not shown: "+err.Error())
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if id := req.Header.Get(standard.HeaderID); !e.seen[id] {
		e.seen[id] = true
		e.show(body)
	}
}

func (e *ear) show(body []byte) {
	p := e.program
	if p.json() {
		fmt.Fprintf(p.screen, "%s\n", body)
		return
	}
	var m heard
	if err := json.Unmarshal(body, &m); err != nil {
		fmt.Fprintln(p.errors, "farthing: not shown: the message is no JSON")
		return
	}
	fmt.Fprintf(p.screen, "%s  %s  %s\n", m.Timestamp.Local().Format(time.TimeOnly), p.screen.Bold(m.Type),
		terminal.Visible(m.Data.line(m.Type)))
}

// heard is a message, as far as it is shown.
type heard struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      data      `json:"data"`
}

type data struct {
	Name          string `json:"name"`
	LastDigits    string `json:"last_digits"`
	Status        string `json:"status"`
	Description   string `json:"description"`
	DeclineReason string `json:"decline_reason"`
	Settled       string `json:"settled"`
	Amount        int64  `json:"amount"`
	Balance       int64  `json:"balance"`
	TotalBalance  int64  `json:"total_balance"`
	Currency      string `json:"currency"`
	Merchant      *struct {
		Name  string `json:"name"`
		Emoji string `json:"emoji"`
	} `json:"merchant"`
	Counterparty struct {
		Name string `json:"name"`
	} `json:"counterparty"`
}

// line is what there is to say of it.
func (d data) line(kind string) string {
	in := func(minor int64) string { return money.Amount{Minor: minor, Currency: d.Currency}.Symbolic() }
	switch kind {
	case webhookproto.BalanceUpdated:
		return in(d.Balance) + ", with all pots " + in(d.TotalBalance)
	case webhookproto.CardUpdated:
		return "the card that ends in " + d.LastDigits + " is " + d.Status
	case webhookproto.PotUpdated:
		return d.Name + "  " + in(d.Balance)
	}
	who := d.Description
	switch {
	case d.Merchant != nil:
		who = strings.TrimSpace(d.Merchant.Emoji + " " + d.Merchant.Name)
	case d.Counterparty.Name != "":
		who = d.Counterparty.Name
	}
	line := who + "  " + in(d.Amount)
	switch {
	case d.DeclineReason != "":
		line += ", declined: " + d.DeclineReason
	case d.Settled == "":
		line += ", pending"
	}
	return line
}
