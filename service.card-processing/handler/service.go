// Package handler answers service.card-processing's RPCs, and wires its parts.
package handler

import (
	"farthing/pkg/clock"
	"farthing/pkg/events"
	"farthing/pkg/foundation"
	balanceproto "farthing/service.balance/proto"
	cardprocessingproto "farthing/service.card-processing/proto"
	"farthing/service.card-processing/storage"
	cardsproto "farthing/service.cards/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// Service is service.card-processing, ready to run in a process of its own or beside its peers.
var Service = foundation.Service{Name: "service.card-processing", Schema: storage.Schema(), Register: register}

// Handler answers the RPCs.
type Handler struct {
	cardprocessingproto.UnimplementedCardProcessingServer
	cards        cardsproto.CardsClient
	transactions transactionsproto.TransactionsClient
	balance      balanceproto.BalanceClient
	processorIDs *storage.ProcessorIDs
	clock        *clock.Business
	metrics      *metrics
}

func register(env *foundation.Env) error {
	cards, err := env.Dial("service.cards")
	if err != nil {
		return err
	}
	transactions, err := env.Dial("service.transactions")
	if err != nil {
		return err
	}
	balance, err := env.Dial("service.balance")
	if err != nil {
		return err
	}
	h := &Handler{
		cards: cardsproto.NewCardsClient(cards), transactions: transactionsproto.NewTransactionsClient(transactions),
		balance: balanceproto.NewBalanceClient(balance), processorIDs: storage.NewProcessorIDs(env.Store), clock: env.Clock,
		metrics: newMetrics(env.Metrics),
	}
	cardprocessingproto.RegisterCardProcessingServer(env.GRPC, h)
	env.Subscribe(events.Subscription{
		Name: "card_processing", Types: []string{"balance.entry_posted"}, After: unansweredAfter,
		MaxTries: releaseTries, Handle: h.releaseUnanswered,
	})
	return nil
}
