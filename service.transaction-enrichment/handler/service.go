// Package handler takes transactions as they are recorded and adds who was paid.
package handler

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/events"
	"farthing/pkg/foundation"
	merchantproto "farthing/service.merchant/proto"
	"farthing/service.transaction-enrichment/logic"
	transactionsproto "farthing/service.transactions/proto"
	transactionsevents "farthing/service.transactions/proto/events"
)

// Service is service.transaction-enrichment, ready to run in a process of its own or beside its peers.
var Service = foundation.Service{Name: "service.transaction-enrichment", Register: register}

// resolveWithin is how long the feed waits for a good name before it shows a tidy one.
const resolveWithin = 400 * time.Millisecond

type enricher struct {
	merchants    merchantproto.MerchantsClient
	transactions transactionsproto.TransactionsClient
	enriched     *prometheus.CounterVec
}

func register(env *foundation.Env) error {
	merchants, err := env.Dial("service.merchant")
	if err != nil {
		return err
	}
	transactions, err := env.Dial("service.transactions")
	if err != nil {
		return err
	}
	e := &enricher{
		merchants:    merchantproto.NewMerchantsClient(merchants),
		transactions: transactionsproto.NewTransactionsClient(transactions),
		enriched:     newCounter(env.Metrics),
	}
	env.Subscribe(events.Subscription{
		Name: "transaction_enrichment", Types: []string{"transactions.recorded"}, Handle: e.enrich,
	})
	return nil
}

func newCounter(registry prometheus.Registerer) *prometheus.CounterVec {
	return promauto.With(registry).NewCounterVec(prometheus.CounterOpts{
		Name: "transactions_enriched_total", Help: "Transactions enriched, by what their merchant came from.",
	}, []string{"source"})
}

// enrich adds the merchant to a transaction. When service.merchant cannot say, a tidy name goes out at once, and the
// failure has the event delivered again: the better enrichment then updates the same item.
func (e *enricher) enrich(ctx context.Context, event events.Event) error {
	var changed transactionsevents.TransactionChanged
	if err := proto.Unmarshal(event.Body, &changed); err != nil {
		return fmt.Errorf("%w: %w", events.ErrPoison, err)
	}
	t := changed.GetTransaction()
	merchant, unresolved := e.resolve(ctx, t)
	enrichment := logic.Fallback(t)
	if unresolved == nil {
		enrichment = logic.Resolved(t, merchant)
	}
	_, err := e.transactions.Enrich(ctx, enrichment)
	switch {
	case errs.Is(err, errs.BadRequest): // What is refused as it is will be refused again.
		return fmt.Errorf("%w: %w", events.ErrPoison, err)
	case err != nil:
		return fmt.Errorf("enriching: %w", err)
	}
	e.enriched.WithLabelValues(sourceOf(merchant)).Inc()
	return unresolved
}

func (e *enricher) resolve(ctx context.Context, t *transactionsproto.Transaction) (*merchantproto.Merchant, error) {
	ctx, cancel := context.WithTimeout(ctx, resolveWithin)
	defer cancel()
	rsp, err := e.merchants.Resolve(ctx, &merchantproto.ResolveRequest{Descriptor_: t.GetDescriptor_(), Mcc: t.GetMcc()})
	if err != nil {
		return nil, fmt.Errorf("resolving the merchant: %w", err)
	}
	return rsp.GetMerchant(), nil
}

func sourceOf(m *merchantproto.Merchant) string {
	switch {
	case m == nil:
		return "fallback"
	case m.GetKnown():
		return "catalogue"
	}
	return "descriptor"
}
