// Package handler answers service.feed's RPCs, and wires its parts.
package handler

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"google.golang.org/protobuf/proto"

	"farthing/pkg/clock"
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
	ids      *id.Maker
	clock    clock.Clock
	nudge    func(topic, key string)
	appended *prometheus.CounterVec
}

func register(env *foundation.Env) error {
	keys, err := env.Keys("persons")
	if err != nil {
		return err
	}
	h := &Handler{items: storage.NewItems(env.Store, keys), ids: env.IDs, clock: env.Clock, nudge: env.Nudge}
	feedproto.RegisterFeedServer(env.GRPC, h.counting(env.Metrics))
	return nil
}

func (h *Handler) counting(registry prometheus.Registerer) *Handler {
	h.appended = promauto.With(registry).NewCounterVec(prometheus.CounterOpts{
		Name: "feed_items_total", Help: "Items appended to feeds, later versions and repeats included, by type.",
	}, []string{"type"})
	return h
}

// Append puts an item into the feed, or a later version of one that is there. A repeat changes nothing.
func (h *Handler) Append(ctx context.Context, req *feedproto.AppendRequest) (*feedproto.AppendResponse, error) {
	item := req.GetItem()
	if err := check(item); err != nil {
		return nil, err
	}
	if err := h.items.Append(ctx, item, h.ids.New(feedproto.ChangePrefix)); err != nil {
		return nil, err
	}
	h.nudge(feedproto.Changed, item.GetAccountId())
	h.appended.WithLabelValues(item.GetType()).Inc()
	return &feedproto.AppendResponse{}, nil
}

// itemBytesMax bounds an item of a transaction: a page of them is one answer.
const itemBytesMax = 2_000

func check(item *feedproto.Item) error {
	switch {
	case item.GetAccountId() == "":
		return errs.MissingParam("item.account_id")
	case item.GetTitle() == "":
		return errs.MissingParam("item.title")
	case item.GetType() != feedproto.TypeTransaction:
		return errs.BadParam("item.type", "must be 'transaction': what programs add comes by Add")
	case item.GetPersonal() && item.GetUserId() == "":
		return errs.MissingParam("item.user_id")
	case item.GetVersion() < 1:
		return errs.BadParam("item.version", "must be at least 1")
	case proto.Size(item) > itemBytesMax:
		return errs.BadParam("item", fmt.Sprintf("must have at most %d bytes", itemBytesMax))
	}
	created, err := id.Time("item.id", storage.Prefix, item.GetId())
	if err == nil && created.UnixMilli() != item.GetCreatedMs() {
		err = errs.BadParam("item.created_ms", "must be the time of 'item.id': items are kept in the order of ids")
	}
	return err
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
	if err := checkItemID("page_token", req.GetPageToken()); err != nil {
		return nil, err
	}
	if err := checkItemID("since_id", req.GetSinceId()); err != nil {
		return nil, err
	}
	limit := int(req.GetLimit())
	items, err := h.items.List(ctx, storage.Window{
		Account: req.GetAccountId(), AfterID: req.GetSinceId(), BelowID: req.GetPageToken(),
		Limit: limit + 1, // One more tells whether there is another page.
	})
	if err != nil {
		return nil, err
	}
	shown := firstPage(items, limit)
	if len(shown) == len(items) {
		return &feedproto.ListResponse{Items: items}, nil
	}
	return &feedproto.ListResponse{Items: shown, NextPageToken: shown[len(shown)-1].GetId()}, nil
}

// pageBytesMax keeps a page of programs' items within what a call may answer.
const pageBytesMax = 200 << 10

// firstPage is as many of the items, from the first, as one answer may have; at least one.
func firstPage(items []*feedproto.Item, limit int) []*feedproto.Item {
	size := 0
	for i, item := range items {
		if size += proto.Size(item); i > 0 && (i == limit || size > pageBytesMax) {
			return items[:i]
		}
	}
	return items
}

// accountsMax bounds a page of ListAccounts.
const accountsMax = 200

// ListAccounts is some of the accounts that may have items.
func (h *Handler) ListAccounts(
	ctx context.Context, req *feedproto.ListAccountsRequest,
) (*feedproto.ListAccountsResponse, error) {
	if req.GetLimit() < 1 || req.GetLimit() > accountsMax {
		return nil, errs.BadParam("limit", "must be from 1 to 200")
	}
	accounts, next, err := h.items.Accounts(ctx, req.GetAfter(), int(req.GetLimit()))
	return &feedproto.ListAccountsResponse{AccountIds: accounts, Next: next}, err
}

// checkItemID passes an empty id: it sets no bound.
func checkItemID(field, itemID string) error {
	if itemID == "" {
		return nil
	}
	return id.Check(field, storage.Prefix, itemID)
}
