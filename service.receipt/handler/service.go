// Package handler answers service.receipt's RPCs, and wires its parts.
package handler

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/foundation"
	"farthing/pkg/id"
	receiptproto "farthing/service.receipt/proto"
	"farthing/service.receipt/storage"
)

// Service is service.receipt, ready to run in a process of its own or beside its peers.
var Service = foundation.Service{Name: "service.receipt", Schema: storage.Schema(), Register: register}

// Handler answers the RPCs.
type Handler struct {
	receiptproto.UnimplementedReceiptsServer
	receipts *storage.Receipts
	ids      *id.Maker
	clock    clock.Clock
	changed  *prometheus.CounterVec
}

func register(env *foundation.Env) error {
	ring, err := env.Keys("persons")
	if err != nil {
		return err
	}
	receiptproto.RegisterReceiptsServer(env.GRPC, &Handler{
		receipts: storage.New(env.Store, ring), ids: env.IDs, clock: env.Clock,
		changed: promauto.With(env.Metrics).NewCounterVec(prometheus.CounterOpts{
			Name: "receipts_changed_total", Help: "Receipts that were put, repeats included, and deleted.",
		}, []string{"change"}),
	})
	return nil
}

// Put writes a receipt, or all of it anew. A repeat changes nothing, and answers the same id.
func (h *Handler) Put(ctx context.Context, req *receiptproto.PutRequest) (*receiptproto.PutResponse, error) {
	name, err := nameOf(req.GetOwner(), req.GetReceipt().GetExternalId())
	if err != nil {
		return nil, err
	}
	receipt, err := checked(req.GetReceipt())
	if err != nil {
		return nil, err
	}
	written, err := h.receipts.Put(ctx, name, receipt, h.ids.New("receipt"), h.clock.Now())
	if err != nil {
		return nil, err
	}
	h.changed.WithLabelValues("put").Inc()
	return &receiptproto.PutResponse{ReceiptId: written}, nil
}

// Get is a receipt: not_found.receipt if its owner has none of that name.
func (h *Handler) Get(ctx context.Context, req *receiptproto.GetRequest) (*receiptproto.GetResponse, error) {
	name, err := nameOf(req.GetOwner(), req.GetExternalId())
	if err != nil {
		return nil, err
	}
	found, ok, err := h.receipts.Find(ctx, name)
	switch {
	case err != nil:
		return nil, fmt.Errorf("finding a receipt: %w", err)
	case !ok:
		return nil, errs.Missing("receipt")
	}
	return &receiptproto.GetResponse{Receipt: found}, nil
}

// Delete forgets a receipt: not_found.receipt if its owner has none of that name, or none any more.
func (h *Handler) Delete(ctx context.Context, req *receiptproto.DeleteRequest) (*receiptproto.DeleteResponse, error) {
	name, err := nameOf(req.GetOwner(), req.GetExternalId())
	if err != nil {
		return nil, err
	}
	if err := h.receipts.Delete(ctx, name, h.clock.Now()); err != nil {
		return nil, err
	}
	h.changed.WithLabelValues("delete").Inc()
	return &receiptproto.DeleteResponse{}, nil
}
