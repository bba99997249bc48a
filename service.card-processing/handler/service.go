// Package handler answers service.card-processing's RPCs, and wires its parts.
package handler

import (
	"time"
	_ "time/tzdata" // A scratch image has no zone data, and the day turns in London.

	"farthing/pkg/clock"
	"farthing/pkg/day"
	"farthing/pkg/events"
	"farthing/pkg/foundation"
	"farthing/pkg/store"
	"farthing/pkg/store/worklist"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.card-processing/logic"
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
	payments     *storage.Payments
	matches      *storage.Matches
	unfinished   *worklist.List // Payments with an event that was begun.
	due          *worklist.List // Holds, by when they expire.
	unposted     *worklist.List // Payments that were stood in for, and that the ledger does not have yet.
	late         *worklist.List // Holds that nobody was answered of in time.
	standIns     *storage.StandIns
	policy       logic.StandIn
	flights      *flights
	resolving    *worklist.List // What is unmatched and on its way to another payment.
	unmatched    *storage.Register
	disputes     *storage.Register
	clearings    *storage.Clearings
	clearing     *worklist.List // Clearing files that are being posted.
	clock        *clock.Business
	london       *time.Location
	metrics      *metrics
}

func register(env *foundation.Env) error {
	london, err := day.London()
	if err != nil {
		return err
	}
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
		balance: balanceproto.NewBalanceClient(balance), clock: env.Clock, london: london, metrics: newMetrics(env.Metrics),
	}
	if h.policy, err = policyOf(env); err != nil {
		return err
	}
	h.keep(env.Store)
	cardprocessingproto.RegisterCardProcessingServer(env.GRPC, h)
	cardprocessingproto.RegisterDisputesServer(env.GRPC, &disputes{h: h})
	env.Subscribe(events.Subscription{
		Name: "card_processing", Types: []string{"balance.entry_posted"}, After: unansweredAfter,
		MaxTries: releaseTries, Handle: h.releaseUnanswered,
	})
	env.Subscribe(events.Subscription{
		Name: "card_processing_due", Types: []string{"balance.entry_posted"}, Handle: h.expireLater,
	})
	h.operate(env)
	for _, sweeper := range h.sweepers(env) {
		env.Go(sweeper.Run)
	}
	return nil
}

// keep keeps everything in a keyspace.
func (h *Handler) keep(k *store.Keyspace) {
	h.processorIDs, h.payments, h.matches = storage.NewProcessorIDs(k), storage.NewPayments(k), storage.NewMatches(k)
	h.unfinished = worklist.New(storage.UnfinishedTable, k)
	h.flights = newFlights()
	h.unposted, h.late = worklist.New(storage.UnpostedTable, k), worklist.New(storage.LateTable, k)
	h.standIns = storage.NewStandIns(k)
	h.due, h.resolving = worklist.New(storage.DueTable, k), worklist.New(storage.ResolvingTable, k)
	h.clearings, h.clearing = storage.NewClearings(k), worklist.New(storage.ClearingTable, k)
	h.unmatched = storage.NewUnmatched(k, logic.UnmatchedPrefix)
	h.disputes = storage.NewDisputes(k, logic.DisputePrefix)
}
