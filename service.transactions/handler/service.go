// Package handler answers service.transactions' RPCs, and wires its parts.
package handler

import (
	"farthing/pkg/clock"
	"farthing/pkg/events/outbox"
	"farthing/pkg/foundation"
	"farthing/pkg/id"
	"farthing/pkg/seal/datakeys"
	balanceproto "farthing/service.balance/proto"
	transactionsproto "farthing/service.transactions/proto"
	"farthing/service.transactions/storage"
)

// Service is service.transactions, ready to run in a process of its own or beside its peers.
var Service = foundation.Service{Name: "service.transactions", Schema: storage.Schema(), Register: register}

// Handler answers the RPCs.
type Handler struct {
	transactionsproto.UnimplementedTransactionsServer
	transactions *storage.Transactions
	balance      balanceproto.BalanceClient
	keys         *datakeys.Keys
	ids          *id.Maker
	clock        *clock.Business
}

func register(env *foundation.Env) error {
	balance, err := env.Dial("service.balance")
	if err != nil {
		return err
	}
	ring, err := env.Keys("persons")
	if err != nil {
		return err
	}
	told := outbox.New(env.Store, env.Bus, env.Log)
	transactionsproto.RegisterTransactionsServer(env.GRPC, &Handler{
		transactions: storage.New(env.Store, told), balance: balanceproto.NewBalanceClient(balance),
		keys: storage.NewKeys(env.Store, ring), ids: env.IDs, clock: env.Clock,
	})
	env.Go(told.Run)
	return nil
}
