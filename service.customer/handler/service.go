// Package handler answers service.customer's RPCs, and wires its parts.
package handler

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"farthing/pkg/clock"
	"farthing/pkg/foundation"
	"farthing/pkg/id"
	customerproto "farthing/service.customer/proto"
	"farthing/service.customer/storage"
)

// Service is service.customer, ready to run in a process of its own or beside its peers.
var Service = foundation.Service{Name: "service.customer", Schema: storage.Schema(), Register: register}

// Handler answers the RPCs.
type Handler struct {
	customerproto.UnimplementedCustomersServer
	customers *storage.Customers
	ids       *id.Maker
	clock     clock.Clock
	created   prometheus.Counter
}

func register(env *foundation.Env) error {
	h, err := newHandler(env)
	if err != nil {
		return err
	}
	customerproto.RegisterCustomersServer(env.GRPC, h)
	return nil
}

func newHandler(env *foundation.Env) (*Handler, error) {
	keys, err := env.Keys("persons")
	if err != nil {
		return nil, err
	}
	return &Handler{
		customers: storage.New(env.Store, keys), ids: env.IDs, clock: env.Clock,
		created: promauto.With(env.Metrics).NewCounter(prometheus.CounterOpts{
			Name: "customers_created_total", Help: "Customers created.",
		}),
	}, nil
}
