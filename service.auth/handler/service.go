// Package handler answers service.auth's RPCs, and wires its parts.
package handler

import (
	"log/slog"

	"farthing/pkg/clock"
	"farthing/pkg/foundation"
	"farthing/pkg/id"
	authproto "farthing/service.auth/proto"
	"farthing/service.auth/storage"
)

// Service is service.auth, ready to run in a process of its own or beside its peers.
var Service = foundation.Service{
	Name: "service.auth", Schema: storage.Schema(), Doors: []foundation.Door{foundation.Login}, Register: register,
}

// Handler answers the RPCs.
type Handler struct {
	authproto.UnimplementedAuthServer
	tokens   *storage.Tokens
	families *storage.Families
	codes    *storage.Codes
	clients  *storage.Clients
	ids      *id.Maker
	clock    clock.Clock
	log      *slog.Logger
	metrics  *metrics
}

func register(env *foundation.Env) error {
	h := newHandler(env)
	authproto.RegisterAuthServer(env.GRPC, h)
	h.operate(env)
	return h.openDoor(env)
}

func newHandler(env *foundation.Env) *Handler {
	return &Handler{
		tokens: storage.NewTokens(env.Store), families: storage.NewFamilies(env.Store), codes: storage.NewCodes(env.Store),
		clients: storage.NewClients(env.Store), ids: env.IDs, clock: env.Clock, log: env.Log,
		metrics: newMetrics(env.Metrics),
	}
}
