package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"farthing/client"
	"farthing/cmd/farthing/bank"
	"farthing/cmd/farthing/terminal"
	"farthing/pkg/errs"
	"farthing/pkg/money"
	webhookproto "farthing/service.webhook/proto"
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
	asked := client.NewWebhook{AccountID: n.Demonstration.AccountID, URL: "http://" + listener.Addr().String() + "/"}
	for _, each := range wanted {
		asked.Events = append(asked.Events, client.WebhookEvent(each))
	}
	hook, err := p.register(ctx, n, asked)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, deregister(ctx, n, hook.ID)) }()
	ear.know(hook.Secret)
	if err := p.showHook(hook); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// listenTimeout is more than the bank takes to send a message.
const listenTimeout = 10 * time.Second

func (p *program) register(ctx context.Context, n bank.Notice, asked client.NewWebhook) (client.Webhook, error) {
	made, err := publicAPI(n).RegisterWebhook(ctx, asked)
	if client.IsCode(err, errs.BadRequest+".bad_param.url") {
		return client.Webhook{}, errors.New("the bank calls no URL of this machine: start it with '" +
			p.command("up --allow-loopback-webhooks") + "'")
	}
	return made.Webhook, err
}

// deregister takes a webhook away, also if ctx has ended.
func deregister(ctx context.Context, n bank.Notice, hookID string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), listenTimeout)
	defer cancel()
	if err := publicAPI(n).DeregisterWebhook(ctx, hookID); err != nil {
		return fmt.Errorf("deregistering the webhook %s: %w", hookID, err)
	}
	return nil
}

func (p *program) showHook(h client.Webhook) error {
	if p.json() {
		return p.print(struct {
			ID        string                `json:"id"`
			AccountID string                `json:"account_id"`
			URL       string                `json:"url"`
			Events    []client.WebhookEvent `json:"events"`
		}{h.ID, h.AccountID, h.URL, h.Events})
	}
	events := make([]string, len(h.Events))
	for i, each := range h.Events {
		events[i] = string(each)
	}
	_, err := fmt.Fprintf(p.screen, "%s for %s on %s. Ctrl-C ends it.\n\n", p.screen.Bold("Listening"),
		strings.Join(events, ", "), h.AccountID)
	return err
}

// ear hears what the bank sends.
type ear struct {
	program *program

	mu     sync.Mutex      // Guards the rest.
	secret string          // Empty until it is known.
	seen   map[string]bool // By message.
}

func (e *ear) know(secret string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.secret = secret
}

// ServeHTTP takes a message that is signed, and shows it once, however often it comes.
func (e *ear) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.secret == "" { // The bank is faster than its answer: it will try again.
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	message, err := client.OpenMessage(req, e.secret)
	if err != nil {
		fmt.Fprintln(e.program.errors, "farthing: not shown: "+err.Error())
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if !e.seen[message.ID] {
		e.seen[message.ID] = true
		e.program.showMessage(message)
	}
}

func (p *program) showMessage(m client.Message) {
	if p.json() {
		fmt.Fprintf(p.screen, "%s\n", m.Raw)
		return
	}
	line, err := lineOf(m)
	if err != nil {
		fmt.Fprintln(p.errors, "farthing: not shown: "+err.Error())
		return
	}
	fmt.Fprintf(p.screen, "%s  %s  %s\n", m.Timestamp.Local().Format(time.TimeOnly), p.screen.Bold(string(m.Type)),
		terminal.Visible(line))
}

// lineOf is what there is to say of a message.
func lineOf(m client.Message) (string, error) {
	switch m.Type {
	case client.WebhookEventBalanceUpdated:
		return told(m, func(b client.AccountBalance) string {
			return symbolic(b.Balance, b.Currency) + ", with all pots " + symbolic(b.TotalBalance, b.Currency)
		})
	case client.WebhookEventCardUpdated:
		return told(m, func(c client.Card) string {
			return "the card that ends in " + c.LastDigits + " is " + string(c.Status)
		})
	case client.WebhookEventPotUpdated:
		return told(m, func(p client.Pot) string { return p.Name + "  " + symbolic(p.Balance, p.Currency) })
	default:
		return told(m, lineOfTransaction)
	}
}

// told is what there is to say of a message's data.
func told[T any](m client.Message, line func(T) string) (string, error) {
	var data T
	if err := json.Unmarshal(m.Data, &data); err != nil {
		return "", fmt.Errorf("decoding the message: %w", err)
	}
	return line(data), nil
}

func symbolic(minor int64, currency string) string {
	return money.Amount{Minor: minor, Currency: currency}.Symbolic()
}

func lineOfTransaction(t client.Transaction) string {
	who := t.Description
	switch {
	case t.Merchant != nil:
		who = strings.TrimSpace(t.Merchant.Emoji + " " + t.Merchant.Name)
	case t.Counterparty.Name != "":
		who = t.Counterparty.Name
	}
	line := who + "  " + symbolic(t.Amount, t.Currency)
	switch {
	case t.DeclineReason != "":
		line += ", declined: " + string(t.DeclineReason)
	case t.Settled.IsZero():
		line += ", pending"
	}
	return line
}
