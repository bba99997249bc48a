// Package handler answers service.auth's RPCs, and wires its parts.
package handler

import (
	"farthing/pkg/clock"
	"farthing/pkg/foundation"
	authproto "farthing/service.auth/proto"
	"farthing/service.auth/storage"
)

// Service is service.auth, ready to run in a process of its own or beside its peers.
var Service = foundation.Service{Name: "service.auth", Schema: storage.Schema(), Register: register}

// Handler answers the RPCs.
type Handler struct {
	authproto.UnimplementedAuthServer
	tokens  *storage.Tokens
	clock   clock.Clock
	metrics *metrics
}

func register(env *foundation.Env) error {
	authproto.RegisterAuthServer(env.GRPC, &Handler{
		tokens: storage.New(env.Store), clock: env.Clock, metrics: newMetrics(env.Metrics),
	})
	return nil
}
