package handler

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"farthing/pkg/clock"
	"farthing/pkg/events"
	"farthing/pkg/foundation"
	"farthing/pkg/foundation/foundationtest"
	"farthing/pkg/id"
	moneyproto "farthing/pkg/money/proto"
	"farthing/pkg/store/faults"
	"farthing/pkg/store/worklist"
	transactionsproto "farthing/service.transactions/proto"
	transactionsevents "farthing/service.transactions/proto/events"
	"farthing/service.webhook/lanes"
	"farthing/service.webhook/outside"
	webhookproto "farthing/service.webhook/proto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	account      = "acc_00009zIcpb1TB4yeIFXMzx"
	otherAccount = "acc_00009zIcpb1TB4yeIFXMzy"
	user         = "user_00009zIcpb1TB4yeIFXMzx"
	client       = "oauth2client_a"
	otherClient  = "oauth2client_b"
)

// bank is service.webhook beside fakes of its peers, before an Internet of pipes. It is made in a bubble.
type bank struct {
	*foundationtest.Bank
	net   *internet
	h     *Handler
	hooks webhookproto.WebhooksClient
	bus   events.Publisher
	told  int // Payments.
}

// options are how a bank differs from the ordinary one.
type options struct {
	pick     faults.Pick // Of operations on the store.
	replicas int         // That send what is due, from one list; 0 stands for 1.
	dead     bool        // Nothing is sent but by revive: whoever made it has died before that.
	strict   bool        // This machine may not be called.
}

func newBank(t *testing.T, o options) *bank {
	t.Helper()
	b := &bank{net: newInternet(t)}
	service := foundation.Service{Name: Service.Name, Schema: Service.Schema, Register: func(env *foundation.Env) error {
		h, err := newHandler(env, Config{AllowLoopback: !o.strict})
		if err != nil {
			return err
		}
		h.outside = outside.New(outside.Options{Rules: h.rules, Dial: b.net.dial})
		b.h, b.bus = h, env.Bus
		if o.dead {
			webhookproto.RegisterWebhooksServer(env.GRPC, h)
			env.Defer(h.outside.Close)
			return nil
		}
		h.start(env)
		for range o.replicas - 1 {
			other := *h
			other.lanes = lanes.New(bounds())
			b.sweep(env, &other)
		}
		return nil
	}}
	b.Bank = foundationtest.RunOn(t, o.pick, append(peers(), service)...)
	b.hooks = webhookproto.NewWebhooksClient(b.Dial(t, "service.api", Service.Name))
	return b
}

// sweep has a replica send what is due.
func (b *bank) sweep(env *foundation.Env, h *Handler) {
	env.Go(h.lanes.Run)
	env.Go(worklist.Sweeper{
		List: h.deliveries.Due(), Clock: env.Clock, Log: env.Log, Every: sweepEvery, Take: h.take,
	}.Run)
}

// revive has what is due sent until the test ends, as the next process does.
func (b *bank) revive(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	h := *b.h
	h.lanes = lanes.New(bounds())
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.lanes.Run(ctx)
	}()
	swept := make(chan struct{})
	go func() {
		defer close(swept)
		worklist.Sweeper{
			List: h.deliveries.Due(), Clock: b.Clock, Log: h.log, Every: sweepEvery, Take: h.take,
		}.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		<-swept
	})
}

// register registers a URL, and answers the webhook's id and its secret.
func (b *bank) register(t *testing.T, url string, wanted ...string) (hookID, secret string) {
	t.Helper()
	rsp, err := foundationtest.Until(func() (*webhookproto.RegisterResponse, error) {
		return b.hooks.Register(t.Context(), asked(url, wanted...))
	})
	if err != nil {
		t.Fatalf("registering: %v", err)
	}
	return rsp.GetWebhook().GetId(), rsp.GetSecret()
}

func asked(url string, wanted ...string) *webhookproto.RegisterRequest {
	return &webhookproto.RegisterRequest{
		AccountId: account, UserId: user, ClientId: client, Url: url, Events: wanted,
	}
}

// payment is the n-th payment of the account, whose counterparty its event does not name.
func (b *bank) payment(n int, version int64) *transactionsproto.Transaction {
	at := b.Clock.Now()
	return &transactionsproto.Transaction{
		Id: id.Derived("tx", at, fmt.Sprint(n)), AccountId: account, UserId: user, Version: version,
		Kind: transactionsproto.Kind_KIND_PAYMENT_OUT, Status: transactionsproto.Status_STATUS_PENDING,
		Descriptor_: "PRET A MANGER 1234", Amount: pence(-350), LocalAmount: pence(-350),
		CreatedMs: at.UnixMilli(), UpdatedMs: at.UnixMilli(),
		Merchant: &transactionsproto.Merchant{Id: "merch_1", Name: "Pret A Manger", Emoji: "🥪"}, Category: "eating_out",
	}
}

func pence(minor int64) *moneyproto.Money { return &moneyproto.Money{Minor: minor, Currency: "GBP"} }

// enriched is the event of a payment.
func (b *bank) enriched(t *testing.T, paid *transactionsproto.Transaction, first bool) events.Event {
	t.Helper()
	return eventOf(t, "transactions.enriched", fmt.Sprintf("%s/%d", paid.GetId(), paid.GetVersion()),
		&transactionsevents.TransactionChanged{Transaction: paid, First: first})
}

func eventOf(t *testing.T, kind, name string, body proto.Message) events.Event {
	t.Helper()
	encoded, err := proto.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	now := clock.Real{}.Now()
	return events.Event{
		ID: id.Derived("evt", now, name), Type: kind, Key: name, Version: 1, OccurredAt: happened(), Body: encoded,
	}
}

// happened is when all events did, by business time: a little before the bank begins.
func happened() time.Time { return time.Date(2026, time.March, 14, 9, 20, 0, 123e6, time.UTC) }

// pay has the bank told of a payment of which nobody was told before, and answers its id.
func (b *bank) pay(t *testing.T) string {
	t.Helper()
	b.told++
	paid := b.payment(b.told, 1)
	b.deliver(t, b.h.transactionChanged, b.enriched(t, paid, true))
	synctest.Wait()
	return paid.GetId()
}

// deliver has an event taken, as the bus has it: until it was.
func (b *bank) deliver(t *testing.T, handle func(context.Context, events.Event) error, e events.Event) {
	t.Helper()
	_, err := foundationtest.Until(func() (struct{}, error) { return struct{}{}, handle(t.Context(), e) })
	if err != nil {
		t.Fatalf("taking %s: %v", e.Type, err)
	}
}

// pass lets business time pass, and what is due then be sent.
func (b *bank) pass(d time.Duration) {
	b.Clock.AdvanceTo(b.Clock.Now().Add(d))
	synctest.Wait()
}

// logOf is what the API says of a webhook's deliveries, newest first.
func (b *bank) logOf(t *testing.T, hookID string) []*webhookproto.Delivery {
	t.Helper()
	rsp, err := b.hooks.ListDeliveries(t.Context(), &webhookproto.ListDeliveriesRequest{WebhookId: hookID, Limit: 100})
	if err != nil {
		t.Fatalf("listing deliveries: %v", err)
	}
	return rsp.GetDeliveries()
}
