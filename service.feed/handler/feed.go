// Package handler answers service.feed's RPCs, and wires its parts.
package handler

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"farthing/pkg/errs"
	"farthing/pkg/foundation"
	"farthing/pkg/id"
	feedproto "farthing/service.feed/proto"
	"farthing/service.feed/storage"
)

// Service is service.feed, ready to run in a process of its own or beside its peers.
var Service = foundation.Service{Name: "service.feed", Schema: storage.Schema(), Register: register}

// Handler answers the RPCs.
type Handler struct {
	feedproto.UnimplementedFeedServer
	items    *storage.Items
	appended *prometheus.CounterVec
}

func register(env *foundation.Env) error {
	feedproto.RegisterFeedServer(env.GRPC, &Handler{
		items: storage.NewItems(env.Store),
		appended: promauto.With(env.Metrics).NewCounterVec(prometheus.CounterOpts{
			Name: "feed_items_total", Help: "Items appended to feeds, later versions and repeats included, by type.",
		}, []string{"type"}),
	})
	return nil
}

// Append puts an item into the feed, or a later version of one that is there. A repeat changes nothing.
func (h *Handler) Append(ctx context.Context, req *feedproto.AppendRequest) (*feedproto.AppendResponse, error) {
	item := req.GetItem()
	switch {
	case item.GetAccountId() == "":
		return nil, errs.MissingParam("item.account_id")
	case item.GetTitle() == "":
		return nil, errs.MissingParam("item.title")
	case item.GetType() != "transaction" && item.GetType() != "basic":
		return nil, errs.BadParam("item.type", "must be 'transaction' or 'basic'")
	case item.GetVersion() < 1:
		return nil, errs.BadParam("item.version", "must be at least 1")
	}
	if err := id.Check("item.id", storage.Prefix, item.GetId()); err != nil {
		return nil, err
	}
	if err := h.items.Append(ctx, item); err != nil {
		return nil, err
	}
	h.appended.WithLabelValues(item.GetType()).Inc()
	return &feedproto.AppendResponse{}, nil
}

const listMax = 100

// List is an account's items, newest first.
func (h *Handler) List(ctx context.Context, req *feedproto.ListRequest) (*feedproto.ListResponse, error) {
	switch {
	case req.GetAccountId() == "":
		return nil, errs.MissingParam("account_id")
	case req.GetLimit() < 1 || req.GetLimit() > listMax:
		return nil, errs.BadParam("limit", "must be from 1 to 100")
	}
	for field, value := range map[string]string{"page_token": req.GetPageToken(), "since_id": req.GetSinceId()} {
		if value == "" {
			continue
		}
		if err := id.Check(field, storage.Prefix, value); err != nil {
			return nil, err
		}
	}
	items, err := h.items.List(ctx, storage.Window{
		Account: req.GetAccountId(), AfterID: req.GetSinceId(), BelowID: req.GetPageToken(), Limit: int(req.GetLimit()),
	})
	if err != nil {
		return nil, err
	}
	rsp := &feedproto.ListResponse{Items: items}
	if len(items) == int(req.GetLimit()) {
		rsp.NextPageToken = items[len(items)-1].GetId()
	}
	return rsp, nil
}
