// Package handler answers service.balance's RPCs, and wires its parts.
package handler

import (
	"context"
	"time"
	_ "time/tzdata" // A scratch image has no zone data, and the day turns in London.

	"farthing/pkg/clock"
	"farthing/pkg/events/outbox"
	"farthing/pkg/foundation"
	"farthing/service.balance/logic"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.balance/storage"
)

// Service is service.balance, ready to run in a process of its own or beside its peers.
var Service = foundation.Service{Name: "service.balance", Schema: storage.Schema(), Register: register}

// Handler answers the RPCs.
type Handler struct {
	balanceproto.UnimplementedBalanceServer
	ledger     *logic.Ledger
	bookkeeper *logic.Bookkeeper
	accounts   *storage.Accounts
}

func register(env *foundation.Env) error {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		return err
	}
	accounts := storage.NewAccounts(env.Store)
	active := outbox.NewRelay(env.Store, env.Bus, env.Log)
	measured := newMetrics(env.Metrics)
	ledger := logic.NewLedger(accounts, &relay{active}, env.Clock, london, measured.observe)
	journals := storage.NewJournals(env.Store, env.Clock)
	bookkeeper := &logic.Bookkeeper{Ledger: ledger, Journals: journals, Accounts: accounts, Clock: env.Clock}
	audits := newAuditor(env, storage.NewBooks(accounts, journals), london)
	audits.operate(env)
	balanceproto.RegisterBalanceServer(env.GRPC, &Handler{ledger: ledger, bookkeeper: bookkeeper, accounts: accounts})

	env.Go(func(ctx context.Context) { active.Run(ctx, sourceOf(accounts)) })
	env.Go(ledger.Settle)
	env.Go(func(ctx context.Context) { measured.countOpenHolds(ctx, env.Log, accounts) })
	env.Go(audits.glance)
	env.Go(func(ctx context.Context) { rollForward(ctx, env, bookkeeper) })
	env.Defer(ledger.Drain)
	return nil
}

const (
	rollForwardEvery = 30 * time.Second
	// lookBack is how old a journal may be to be found unfinished at the start: longer than any outage of this service
	// alone.
	lookBack = 72 * time.Hour
	// inFlight is longer than any journal takes between its line in the list and its last leg.
	inFlight = time.Hour
)

// rollForward finishes what a process that died had begun: once at the start, and then now and again, from where the
// last sweep that succeeded began.
func rollForward(ctx context.Context, env *foundation.Env, bookkeeper *logic.Bookkeeper) {
	since := env.Clock.Now().Add(-lookBack)
	sweep := func(ctx context.Context) {
		now := env.Clock.Now()
		switch err := bookkeeper.RollForward(ctx, since); {
		case err == nil:
			since = now.Add(-inFlight)
		case ctx.Err() == nil:
			env.Log.ErrorContext(ctx, "journals not rolled forward", "error", err)
		}
	}
	sweep(ctx)
	clock.Every(ctx, rollForwardEvery, sweep)
}
