// Package handler answers service.payment's RPCs, and wires its parts.
package handler

import (
	"time"
	_ "time/tzdata" // A scratch image has no zone data, and standing orders run by London's clocks.

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"farthing/pkg/clock"
	"farthing/pkg/day"
	"farthing/pkg/foundation"
	"farthing/pkg/id"
	"farthing/pkg/store/worklist"
	accountproto "farthing/service.account/proto"
	balanceproto "farthing/service.balance/proto"
	customerproto "farthing/service.customer/proto"
	"farthing/service.payment/logic"
	paymentproto "farthing/service.payment/proto"
	"farthing/service.payment/scheme"
	"farthing/service.payment/storage"
	transactionsproto "farthing/service.transactions/proto"
)

// Service is service.payment, ready to run in a process of its own or beside its peers.
var Service = foundation.Service{Name: "service.payment", Schema: storage.Schema(), Register: register}

// Handler answers the RPCs.
type Handler struct {
	paymentproto.UnimplementedPaymentsServer
	store  *storage.Store
	scheme logic.Scheme
	ids    *id.Maker
	clock  clock.Clock
	london *time.Location

	accounts     accountproto.AccountsClient
	balance      balanceproto.BalanceClient
	customers    customerproto.CustomersClient
	transactions transactionsproto.TransactionsClient

	payments, runs *prometheus.CounterVec
}

func register(env *foundation.Env) error {
	h, err := newHandler(env)
	if err != nil {
		return err
	}
	paymentproto.RegisterPaymentsServer(env.GRPC, h)
	h.operate(env)
	for _, sweeper := range h.sweepers(env) {
		env.Go(sweeper.Run)
	}
	return nil
}

func newHandler(env *foundation.Env) (*Handler, error) {
	ring, err := env.Keys("persons")
	if err != nil {
		return nil, err
	}
	london, err := day.London()
	if err != nil {
		return nil, err
	}
	in := promauto.With(env.Metrics)
	h := &Handler{
		store: storage.New(env.Store, ring), scheme: scheme.Simulated{}, ids: env.IDs, clock: env.Clock, london: london,
		payments: in.NewCounterVec(prometheus.CounterOpts{
			Name: "payments_total", Help: "Payments, by direction and by the state that they came to.",
		}, []string{"direction", "state"}),
		runs: in.NewCounterVec(prometheus.CounterOpts{
			Name: "standing_order_runs_total", Help: "Days of standing orders, by what became of them.",
		}, []string{"outcome"}),
	}
	return h, h.dial(env)
}

func (h *Handler) dial(env *foundation.Env) error {
	accounts, err := env.Dial("service.account")
	if err != nil {
		return err
	}
	balance, err := env.Dial("service.balance")
	if err != nil {
		return err
	}
	customers, err := env.Dial("service.customer")
	if err != nil {
		return err
	}
	transactions, err := env.Dial("service.transactions")
	if err != nil {
		return err
	}
	h.accounts, h.balance = accountproto.NewAccountsClient(accounts), balanceproto.NewBalanceClient(balance)
	h.customers = customerproto.NewCustomersClient(customers)
	h.transactions = transactionsproto.NewTransactionsClient(transactions)
	return nil
}

const sweepEvery = 10 * time.Second

// sweepers finish what was left behind, take back what is to come back, and run standing orders.
func (h *Handler) sweepers(env *foundation.Env) []worklist.Sweeper {
	return []worklist.Sweeper{
		{List: h.store.Unfinished, Clock: env.Clock, Log: env.Log, Every: sweepEvery, Take: h.finishLate},
		{List: h.store.Returns, Clock: env.Clock, Log: env.Log, Every: sweepEvery, Take: h.comeBack},
		{List: h.store.Due, Clock: env.Clock, Log: env.Log, Every: sweepEvery, Take: h.runOrder},
	}
}
