// Package handler answers service.customer's RPCs, and wires its parts.
package handler

import (
	"context"
	"log/slog"
	"time"

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
	log       *slog.Logger
	created   prometheus.Counter
}

func register(env *foundation.Env) error {
	h, err := newHandler(env)
	if err != nil {
		return err
	}
	customerproto.RegisterCustomersServer(env.GRPC, h)
	env.Go(h.fillEmails)
	return nil
}

func newHandler(env *foundation.Env) (*Handler, error) {
	keys, err := env.Keys("persons")
	if err != nil {
		return nil, err
	}
	return &Handler{
		customers: storage.New(env.Store, keys), ids: env.IDs, clock: env.Clock, log: env.Log,
		created: promauto.With(env.Metrics).NewCounter(prometheus.CounterOpts{
			Name: "customers_created_total", Help: "Customers created.",
		}),
	}, nil
}

// fillAgain is how long a store is left alone that has failed.
const fillAgain = 10 * time.Second

// fillEmails sees to it, once, that customers of earlier releases are found by their addresses.
func (h *Handler) fillEmails(ctx context.Context) {
	for {
		without, err := h.customers.FillEmails(ctx, h.clock.Now())
		if err == nil {
			for _, customer := range without {
				h.log.WarnContext(ctx, "email address is another customer's", "user_id", customer)
			}
			return
		}
		h.log.WarnContext(ctx, "email addresses not filled in yet", "error", err)
		if clock.Wait(ctx, fillAgain) != nil {
			return
		}
	}
}
