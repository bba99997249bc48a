// Package handler answers service.account's RPCs, and wires its parts.
package handler

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"farthing/pkg/foundation"
	"farthing/pkg/id"
	"farthing/service.account/logic"
	accountproto "farthing/service.account/proto"
	"farthing/service.account/storage"
	balanceproto "farthing/service.balance/proto"
)

// Service is service.account, ready to run in a process of its own or beside its peers.
var Service = foundation.Service{Name: "service.account", Schema: storage.Schema(), Register: register}

// Handler answers the RPCs.
type Handler struct {
	accountproto.UnimplementedAccountsServer
	accounts *storage.Accounts
	balance  balanceproto.BalanceClient
	ids      *id.Maker
	numberOf func(accountID string, attempt int) string // A number to ask for, perhaps a taken one.

	opened, collisions prometheus.Counter
}

func register(env *foundation.Env) error {
	h, err := newHandler(env)
	if err != nil {
		return err
	}
	accountproto.RegisterAccountsServer(env.GRPC, h)
	return nil
}

func newHandler(env *foundation.Env) (*Handler, error) {
	balance, err := env.Dial("service.balance")
	if err != nil {
		return nil, err
	}
	in := promauto.With(env.Metrics)
	return &Handler{
		accounts: storage.New(env.Store), balance: balanceproto.NewBalanceClient(balance),
		ids: env.IDs, numberOf: logic.NumberOf,
		opened: in.NewCounter(prometheus.CounterOpts{Name: "accounts_opened_total", Help: "Accounts opened."}),
		collisions: in.NewCounter(prometheus.CounterOpts{
			Name: "account_number_collisions_total", Help: "Numbers asked for that were another account's already.",
		}),
	}, nil
}
