// Package handler answers service.card-processing's RPCs, and wires its parts.
package handler

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

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
	cards          cardsproto.CardsClient
	transactions   transactionsproto.TransactionsClient
	balance        balanceproto.BalanceClient
	processorIDs   *storage.ProcessorIDs
	clock          *clock.Business
	authorisations *prometheus.CounterVec
	released       prometheus.Counter
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
	in := promauto.With(env.Metrics)
	h := &Handler{
		cards: cardsproto.NewCardsClient(cards), transactions: transactionsproto.NewTransactionsClient(transactions),
		balance: balanceproto.NewBalanceClient(balance), processorIDs: storage.NewProcessorIDs(env.Store), clock: env.Clock,
		authorisations: in.NewCounterVec(prometheus.CounterOpts{
			Name: "card_authorisations_total", Help: "Card authorisations answered, by outcome and reason.",
		}, []string{"outcome", "reason"}),
		released: in.NewCounter(prometheus.CounterOpts{
			Name: "unanswered_holds_released_total", Help: "Holds released because nobody was told of them.",
		}),
	}
	cardprocessingproto.RegisterCardProcessingServer(env.GRPC, h)
	env.Subscribe(events.Subscription{
		Name: "card_processing", Types: []string{"balance.entry_posted"}, After: unansweredAfter, Handle: h.releaseUnanswered,
	})
	return nil
}
