// Package handler takes what happened and puts it into feeds.
package handler

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"google.golang.org/protobuf/proto"

	"farthing/pkg/audit"
	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/events"
	"farthing/pkg/foundation"
	"farthing/service.feed-generator/logic"
	feedproto "farthing/service.feed/proto"
	transactionsproto "farthing/service.transactions/proto"
	transactionsevents "farthing/service.transactions/proto/events"
)

// Service is service.feed-generator, ready to run in a process of its own or beside its peers.
var Service = foundation.Service{Name: "service.feed-generator", Register: register}

type generator struct {
	feed         feedproto.FeedClient
	transactions transactionsproto.TransactionsClient
	clock        *clock.Business
	lag          prometheus.Histogram
	wait         func(context.Context, time.Duration) error // Until an audit looks again.
}

func register(env *foundation.Env) error {
	feed, err := env.Dial("service.feed")
	if err != nil {
		return err
	}
	transactions, err := env.Dial("service.transactions")
	if err != nil {
		return err
	}
	g := &generator{
		feed: feedproto.NewFeedClient(feed), transactions: transactionsproto.NewTransactionsClient(transactions),
		clock: env.Clock, lag: newLag(env.Metrics), wait: clock.Wait,
	}
	env.Operate("GET "+feedproto.AuditFeedsPath, audit.Pages(g.audit))
	env.Subscribe(events.Subscription{
		Name: "feed_generator", Types: []string{"transactions.enriched"}, Handle: g.append,
	})
	return nil
}

func newLag(registry prometheus.Registerer) prometheus.Histogram {
	return promauto.With(registry).NewHistogram(prometheus.HistogramOpts{
		Name: "feed_lag_seconds", Help: "From a transaction's last change to its item in the feed.",
		Buckets: prometheus.ExponentialBuckets(0.001, 2, 16),
	})
}

// append puts a transaction's item into its account's feed. A repeat changes nothing.
func (g *generator) append(ctx context.Context, e events.Event) error {
	var changed transactionsevents.TransactionChanged
	if err := proto.Unmarshal(e.Body, &changed); err != nil {
		return fmt.Errorf("%w: %w", events.ErrPoison, err)
	}
	t, err := g.named(ctx, changed.GetTransaction())
	if err != nil {
		return err
	}
	item := logic.ItemOf(t)
	_, err = g.feed.Append(ctx, &feedproto.AppendRequest{Item: item})
	switch {
	case errs.Is(err, errs.BadRequest): // What is refused as it is will be refused again.
		return fmt.Errorf("%w: %w", events.ErrPoison, err)
	case err != nil:
		return fmt.Errorf("appending to the feed: %w", err)
	}
	g.lag.Observe(g.clock.Now().Sub(time.UnixMilli(changed.GetTransaction().GetUpdatedMs())).Seconds())
	return nil
}

// named is a transaction with the names that its event holds sealed. It is shown as it is by now, which is newer than
// the event or the same.
func (g *generator) named(
	ctx context.Context, t *transactionsproto.Transaction,
) (*transactionsproto.Transaction, error) {
	if len(t.GetSealed()) == 0 {
		return t, nil
	}
	rsp, err := g.transactions.Get(ctx, &transactionsproto.GetRequest{TransactionId: t.GetId()})
	if err != nil {
		return nil, fmt.Errorf("asking for names: %w", err)
	}
	return rsp.GetTransaction(), nil
}
