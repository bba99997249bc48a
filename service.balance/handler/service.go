// Package handler answers service.balance's RPCs, and wires its parts.
package handler

import (
	"context"
	"time"
	_ "time/tzdata" // A scratch image has no zone data, and the day turns in London.

	"farthing/pkg/day"
	"farthing/pkg/events/outbox"
	"farthing/pkg/foundation"
	"farthing/pkg/store/worklist"
	"farthing/service.balance/logic"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.balance/storage"
)

// Service is service.balance, ready to run in a process of its own or beside its peers.
var Service = RollingAt(logic.BucketEntries)

// RollingAt is Service, with accounts whose buckets roll at so many entries, more than zero.
func RollingAt(entries int64) foundation.Service {
	return foundation.Service{
		Name: "service.balance", Schema: storage.Schema(),
		Register: func(env *foundation.Env) error { return register(env, logic.RollingAt(entries)) },
	}
}

// Handler answers the RPCs.
type Handler struct {
	balanceproto.UnimplementedBalanceServer
	ledger     *logic.Ledger
	bookkeeper *logic.Bookkeeper
	accounts   *storage.Accounts
}

func register(env *foundation.Env, buckets logic.Option) error {
	london, err := day.London()
	if err != nil {
		return err
	}
	accounts := storage.NewAccounts(env.Store)
	active := outbox.NewRelay(env.Store, env.Bus, env.Log)
	measured := newMetrics(env.Metrics)
	ledger := logic.NewLedger(accounts, &relay{active}, env.Clock, london, measured.observe, buckets)
	journals := storage.NewJournals(env.Store)
	bookkeeper := &logic.Bookkeeper{Ledger: ledger, Journals: journals, Accounts: accounts, Clock: env.Clock}
	audits := newAuditor(env, storage.NewBooks(accounts, journals), london)
	audits.operate(env)
	handler := &Handler{ledger: ledger, bookkeeper: bookkeeper, accounts: accounts}
	past{handler, london}.operate(env)
	balanceproto.RegisterBalanceServer(env.GRPC, handler)

	env.Go(func(ctx context.Context) { active.Run(ctx, sourceOf(accounts)) })
	env.Go(ledger.Settle)
	env.Go(func(ctx context.Context) { measured.countOpenHolds(ctx, env.Log, accounts) })
	env.Go(audits.glance)
	env.Go(rollForward(env, bookkeeper, journals).Run)
	env.Defer(ledger.Drain)
	return nil
}

const (
	rollForwardEvery = 30 * time.Second
	// inFlight is longer than any journal takes between its line in the list and its last leg.
	inFlight = 2 * time.Hour
)

// rollForward finishes what a process that died had begun.
func rollForward(env *foundation.Env, bookkeeper *logic.Bookkeeper, journals *storage.Journals) worklist.Sweeper {
	return worklist.Sweeper{
		List: journals.List(), Clock: env.Clock, Log: env.Log, Every: rollForwardEvery,
		Take: func(ctx context.Context, item worklist.Item) error {
			if err := bookkeeper.RollForward(ctx, item.Name); err != nil {
				return err
			}
			if env.Clock.Now().Sub(item.Hour) < inFlight {
				return nil // It may be yet to be opened.
			}
			return journals.List().Remove(ctx, item.Hour, item.Name)
		},
	}
}
