// Package handler answers service.signup's RPCs, and wires its parts.
package handler

import (
	"log/slog"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/events"
	"farthing/pkg/foundation"
	"farthing/pkg/id"
	"farthing/pkg/store/worklist"
	accountproto "farthing/service.account/proto"
	cardsproto "farthing/service.cards/proto"
	customerproto "farthing/service.customer/proto"
	"farthing/service.signup/logic"
	signupproto "farthing/service.signup/proto"
	"farthing/service.signup/provider"
	"farthing/service.signup/storage"
)

// Service is service.signup, ready to run in a process of its own or beside its peers.
var Service = foundation.Service{Name: "service.signup", Schema: storage.Schema(), Register: register}

// Handler answers the RPCs.
type Handler struct {
	signupproto.UnimplementedSignUpsServer
	store    *storage.Applications
	provider logic.Provider
	ids      *id.Maker
	clock    *clock.Business
	bus      events.Publisher
	log      *slog.Logger

	customers customerproto.CustomersClient
	accounts  accountproto.AccountsClient
	cards     cardsproto.CardsClient

	woken  chan string // Applications that can be gone on with at once.
	counts counts
}

const (
	sweepEvery = 10 * time.Second
	drivers    = 4     // How many applications are gone on with at once: a slow provider must not hold the others.
	wokenMax   = 1_000 // Of those that wait for a driver; the sweep finds the rest.
)

func register(env *foundation.Env) error {
	h, err := newHandler(env)
	if err != nil {
		return err
	}
	signupproto.RegisterSignUpsServer(env.GRPC, h)
	h.operate(env)
	for range drivers {
		env.Go(h.driveWoken)
	}
	env.Go(h.sweeper(env).Run)
	return nil
}

// sweeper goes on with what waits for its time, or was left behind.
func (h *Handler) sweeper(env *foundation.Env) worklist.Sweeper {
	return worklist.Sweeper{
		List: h.store.Due, Clock: env.Clock, Log: env.Log, Every: sweepEvery, Take: h.driveDue,
	}
}

func newHandler(env *foundation.Env) (*Handler, error) {
	ring, err := env.Keys("persons")
	if err != nil {
		return nil, err
	}
	customers, err := env.Dial("service.customer")
	if err != nil {
		return nil, err
	}
	accounts, err := env.Dial("service.account")
	if err != nil {
		return nil, err
	}
	cards, err := env.Dial("service.cards")
	if err != nil {
		return nil, err
	}
	return &Handler{
		store: storage.New(env.Store, ring), provider: provider.Simulated{Clock: env.Clock}, ids: env.IDs,
		clock: env.Clock, bus: env.Bus, log: env.Log, customers: customerproto.NewCustomersClient(customers),
		accounts: accountproto.NewAccountsClient(accounts), cards: cardsproto.NewCardsClient(cards),
		woken: make(chan string, wokenMax), counts: newCounts(env.Metrics),
	}, nil
}
