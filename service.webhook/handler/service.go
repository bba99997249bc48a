// Package handler answers service.webhook's RPCs, takes the events, and sends what they tell to webhooks.
package handler

import (
	"log/slog"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/events"
	"farthing/pkg/foundation"
	"farthing/pkg/id"
	"farthing/pkg/store/worklist"
	balanceproto "farthing/service.balance/proto"
	customerproto "farthing/service.customer/proto"
	potproto "farthing/service.pot/proto"
	transactionsproto "farthing/service.transactions/proto"
	"farthing/service.webhook/lanes"
	"farthing/service.webhook/outside"
	webhookproto "farthing/service.webhook/proto"
	"farthing/service.webhook/storage"
)

// Service is service.webhook, ready to run in a process of its own or beside its peers.
var Service = foundation.Service{Name: "service.webhook", Schema: storage.Schema(), Register: register}

// Config says which URLs may be called.
type Config struct {
	// AllowLoopback lets URLs of this machine in: for development alone.
	AllowLoopback bool `setting:"WEBHOOK_ALLOW_LOOPBACK"`
}

// Handler answers the RPCs and takes the events.
type Handler struct {
	webhookproto.UnimplementedWebhooksServer
	hooks        *storage.Hooks
	deliveries   *storage.Deliveries
	transactions transactionsproto.TransactionsClient
	balances     balanceproto.BalanceClient
	pots         potproto.PotsClient
	customers    customerproto.CustomersClient
	rules        outside.Rules
	outside      *outside.Client
	lanes        *lanes.Lanes
	ids          *id.Maker
	clock        *clock.Business
	real         clock.Clock // What signatures and claims go by.
	log          *slog.Logger
	metrics      *metrics
}

// How much is under way, and waits, in this process. What finds no place stays on the list.
func bounds() lanes.Options { return lanes.Options{Each: 4, All: 256, Queue: 256, Waiting: 8192} }

// sweepEvery is how late an attempt may be.
const sweepEvery = 2 * time.Second

func register(env *foundation.Env) error {
	var config Config
	if err := env.Config(&config); err != nil {
		return err
	}
	h, err := newHandler(env, config)
	if err != nil {
		return err
	}
	h.start(env)
	return nil
}

func newHandler(env *foundation.Env, config Config) (*Handler, error) {
	if config.AllowLoopback {
		env.Log.Warn("webhooks may call this machine itself: that is for development alone")
	}
	endpoints, err := env.Keys("endpoints")
	if err != nil {
		return nil, err
	}
	persons, err := env.Keys("persons")
	if err != nil {
		return nil, err
	}
	rules := outside.Rules{AllowLoopback: config.AllowLoopback}
	h := &Handler{
		hooks: storage.NewHooks(env.Store, endpoints), deliveries: storage.NewDeliveries(env.Store, persons), rules: rules,
		outside: outside.New(outside.Options{Rules: rules, Dial: env.Egress, Resolve: env.Resolve}),
		lanes:   lanes.New(bounds()), ids: env.IDs, clock: env.Clock, real: clock.Real{}, log: env.Log,
		metrics: newMetrics(env.Metrics),
	}
	return h, h.dial(env)
}

// start has the RPCs answered, the events taken, and what they tell sent.
func (h *Handler) start(env *foundation.Env) {
	webhookproto.RegisterWebhooksServer(env.GRPC, h)
	for name, take := range map[string]events.Subscription{
		"webhook_transactions": {Types: []string{"transactions.enriched"}, Handle: h.transactionChanged},
		"webhook_balances":     {Types: []string{"balance.entry_posted"}, Handle: h.entryPosted},
		"webhook_cards":        {Types: []string{"cards.changed"}, Handle: h.cardChanged},
		"webhook_pots":         {Types: []string{"pot.changed"}, Handle: h.potChanged},
	} {
		take.Name = name
		env.Subscribe(take)
	}
	env.Go(h.lanes.Run)
	env.Go(worklist.Sweeper{
		List: h.deliveries.Due(), Clock: env.Clock, Log: env.Log, Every: sweepEvery, Take: h.take,
	}.Run)
	env.Defer(h.outside.Close)
}

func (h *Handler) dial(env *foundation.Env) error {
	transactions, err := env.Dial("service.transactions")
	if err != nil {
		return err
	}
	balances, err := env.Dial("service.balance")
	if err != nil {
		return err
	}
	pots, err := env.Dial("service.pot")
	if err != nil {
		return err
	}
	customers, err := env.Dial("service.customer")
	if err != nil {
		return err
	}
	h.transactions = transactionsproto.NewTransactionsClient(transactions)
	h.balances, h.pots = balanceproto.NewBalanceClient(balances), potproto.NewPotsClient(pots)
	h.customers = customerproto.NewCustomersClient(customers)
	return nil
}
