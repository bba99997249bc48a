// Package handler answers service.cards' RPCs, and wires its parts.
package handler

import (
	"context"

	"farthing/pkg/clock"
	"farthing/pkg/events/outbox"
	"farthing/pkg/foundation"
	"farthing/pkg/id"
	"farthing/pkg/pan"
	"farthing/service.cards/logic"
	cardsproto "farthing/service.cards/proto"
	"farthing/service.cards/storage"
)

// Service is service.cards, ready to run in a process of its own or beside its peers.
var Service = foundation.Service{Name: "service.cards", Schema: storage.Schema(), Register: register}

// Handler answers the RPCs.
type Handler struct {
	cardsproto.UnimplementedCardsServer
	cards   *storage.Cards
	vault   *storage.Vault
	pins    *storage.PINs
	told    *outbox.Relay
	ids     *id.Maker
	clock   *clock.Business
	draw    func() (pan.Number, error) // A number for a new card, perhaps a taken one.
	metrics *metrics
}

func register(env *foundation.Env) error {
	h, err := newHandler(env)
	if err != nil {
		return err
	}
	cardsproto.RegisterCardsServer(env.GRPC, h)
	h.operate(env)
	env.Go(func(ctx context.Context) { h.told.Run(ctx, h.toTell) })
	return nil
}

func newHandler(env *foundation.Env) (*Handler, error) {
	keys, err := env.Keys("vault")
	if err != nil {
		return nil, err
	}
	return &Handler{
		cards: storage.NewCards(env.Store), vault: storage.NewVault(env.Store, keys),
		pins: storage.NewPINs(env.Store), told: outbox.NewRelay(env.Store, env.Bus, env.Log),
		ids: env.IDs, clock: env.Clock, draw: logic.DrawNumber, metrics: newMetrics(env.Metrics),
	}, nil
}
