// Package handler answers service.pot's RPCs, and wires its parts.
package handler

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"farthing/pkg/clock"
	"farthing/pkg/events/outbox"
	"farthing/pkg/foundation"
	"farthing/pkg/id"
	"farthing/pkg/store/worklist"
	accountproto "farthing/service.account/proto"
	balanceproto "farthing/service.balance/proto"
	potproto "farthing/service.pot/proto"
	"farthing/service.pot/storage"
	transactionsproto "farthing/service.transactions/proto"
)

// Service is service.pot, ready to run in a process of its own or beside its peers.
var Service = foundation.Service{Name: "service.pot", Schema: storage.Schema(), Register: register}

// Handler answers the RPCs.
type Handler struct {
	potproto.UnimplementedPotsServer
	pots         *storage.Pots
	accounts     accountproto.AccountsClient
	balance      balanceproto.BalanceClient
	transactions transactionsproto.TransactionsClient
	ids          *id.Maker
	clock        *clock.Business
	told         *outbox.Relay
	moves        *prometheus.CounterVec
}

func register(env *foundation.Env) error {
	h, err := newHandler(env)
	if err != nil {
		return err
	}
	potproto.RegisterPotsServer(env.GRPC, h)
	h.operate(env)
	env.Go(func(ctx context.Context) { h.told.Run(ctx, h.toTell) })
	env.Go(worklist.Sweeper{
		List: h.pots.Unfinished(), Clock: env.Clock, Log: env.Log, Every: sweepEvery, Take: h.finishLate,
	}.Run)
	return nil
}

const sweepEvery = 10 * time.Second

func newHandler(env *foundation.Env) (*Handler, error) {
	ring, err := env.Keys("persons")
	if err != nil {
		return nil, err
	}
	accounts, err := env.Dial("service.account")
	if err != nil {
		return nil, err
	}
	balance, err := env.Dial("service.balance")
	if err != nil {
		return nil, err
	}
	transactions, err := env.Dial("service.transactions")
	if err != nil {
		return nil, err
	}
	return &Handler{
		pots: storage.New(env.Store, ring), accounts: accountproto.NewAccountsClient(accounts),
		balance:      balanceproto.NewBalanceClient(balance),
		transactions: transactionsproto.NewTransactionsClient(transactions), ids: env.IDs, clock: env.Clock,
		told: outbox.NewRelay(env.Store, env.Bus, env.Log),
		moves: promauto.With(env.Metrics).NewCounterVec(prometheus.CounterOpts{
			Name: "pot_moves_total", Help: "Moves of money into pots and out of them, by what became of them.",
		}, []string{"way", "outcome"}),
	}, nil
}
