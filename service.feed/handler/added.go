package handler

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/pkg/id"
	feedproto "farthing/service.feed/proto"
	"farthing/service.feed/storage"
)

// Characters of what a program says, and bytes of its name for it.
const (
	titleMax    = 200
	bodyMax     = 1_000
	urlMax      = 2_000
	dedupeIDMax = 64
)

// addedBytesMax bounds what a program says in all: most texts are far from four bytes a character.
const addedBytesMax = 10_000

// Add puts a program's item into a feed. A repeat of a dedupe_id answers the first item; without one each call makes
// another.
func (h *Handler) Add(ctx context.Context, req *feedproto.AddRequest) (*feedproto.AddResponse, error) {
	if err := checkAdd(req); err != nil {
		return nil, err
	}
	itemID, err := h.idFor(ctx, req)
	if err != nil {
		return nil, err
	}
	item, err := itemOf(req, itemID)
	if err != nil {
		return nil, err
	}
	if err := h.items.Add(ctx, item, h.ids.New(feedproto.ChangePrefix)); err != nil {
		return nil, err
	}
	h.nudge(feedproto.Changed, item.GetAccountId())
	h.appended.WithLabelValues(item.GetType()).Inc()
	return &feedproto.AddResponse{ItemId: itemID}, nil
}

// idFor is a fresh id, or the one that a dedupe_id stands for already.
func (h *Handler) idFor(ctx context.Context, req *feedproto.AddRequest) (string, error) {
	fresh := h.ids.New(storage.Prefix)
	if req.GetDedupeId() == "" {
		return fresh, nil
	}
	p := req.GetParams()
	said := sha256.Sum256(fmt.Appendf(nil, "%q", []string{
		req.GetUrl(), p.GetTitle(), p.GetBody(), p.GetImageUrl(), p.GetBackgroundColor(), p.GetTitleColor(), p.GetBodyColor(),
	}))
	return h.items.Begin(ctx, &feedproto.Item{
		Id: fresh, AccountId: req.GetAccountId(), ClientId: req.GetClientId(),
	}, req.GetDedupeId(), said[:])
}

// itemOf is the first version of what a program adds: the same whenever it is asked for under the same id.
func itemOf(req *feedproto.AddRequest, itemID string) (*feedproto.Item, error) {
	created, err := id.Time("item_id", storage.Prefix, itemID)
	if err != nil {
		return nil, err
	}
	p := req.GetParams()
	return &feedproto.Item{
		Id: itemID, Type: feedproto.TypeBasic, AccountId: req.GetAccountId(), UserId: req.GetUserId(),
		ClientId: req.GetClientId(), CreatedMs: created.UnixMilli(), UpdatedMs: created.UnixMilli(), Version: firstVersion,
		Personal: true, Title: p.GetTitle(), Body: p.GetBody(), ImageUrl: p.GetImageUrl(), Url: req.GetUrl(),
		BackgroundColor: p.GetBackgroundColor(), TitleColor: p.GetTitleColor(), BodyColor: p.GetBodyColor(),
	}, nil
}

// The versions of a program's item: added, and taken away.
const (
	firstVersion = 1
	lastVersion  = 2
)

// GetAdded is an item that a program has added: not_found.feed_item of all others, and of one that was taken away.
func (h *Handler) GetAdded(
	ctx context.Context, req *feedproto.GetAddedRequest,
) (*feedproto.GetAddedResponse, error) {
	item, err := h.added(ctx, req.GetItemId(), req.GetClientId())
	if err == nil && item.GetDeleted() {
		err = missingItem()
	}
	if err != nil {
		return nil, err
	}
	return &feedproto.GetAddedResponse{Item: item}, nil
}

// Remove takes an item away that a program has added: not_found.feed_item of all others. What it said stays sealed
// where it was; lists leave it out. A repeat changes nothing.
func (h *Handler) Remove(ctx context.Context, req *feedproto.RemoveRequest) (*feedproto.RemoveResponse, error) {
	item, err := h.added(ctx, req.GetItemId(), req.GetClientId())
	if err != nil || item.GetDeleted() {
		return &feedproto.RemoveResponse{}, err
	}
	err = h.items.Append(ctx, &feedproto.Item{
		Id: item.GetId(), Type: item.GetType(), AccountId: item.GetAccountId(), UserId: item.GetUserId(),
		ClientId: item.GetClientId(), CreatedMs: item.GetCreatedMs(), UpdatedMs: h.clock.Now().UnixMilli(),
		Version: lastVersion, Deleted: true,
	}, h.ids.New(feedproto.ChangePrefix))
	if err != nil {
		return nil, err
	}
	h.nudge(feedproto.Changed, item.GetAccountId())
	return &feedproto.RemoveResponse{}, nil
}

// added is a program's own item, perhaps one that was taken away.
func (h *Handler) added(ctx context.Context, itemID, clientID string) (*feedproto.Item, error) {
	if err := id.Check("item_id", storage.Prefix, itemID); err != nil {
		return nil, err
	}
	if clientID == "" {
		return nil, errs.MissingParam("client_id")
	}
	item, found, err := h.items.FindAdded(ctx, itemID)
	if err == nil && (!found || item.GetClientId() != clientID) {
		err = missingItem()
	}
	return item, err
}

func missingItem() error { return errs.Missing("feed_item") }

// checkAdd names fields as programs do.
func checkAdd(req *feedproto.AddRequest) error {
	p := req.GetParams()
	switch {
	case req.GetUserId() == "":
		return errs.MissingParam("user_id")
	case req.GetClientId() == "":
		return errs.MissingParam("client_id")
	case len(req.GetDedupeId()) > dedupeIDMax:
		return errs.BadParam("dedupe_id", fmt.Sprintf("must be at most %d bytes", dedupeIDMax))
	case req.GetType() != feedproto.TypeBasic:
		return errs.BadParam("type", "must be 'basic'")
	case p.GetTitle() == "":
		return errs.MissingParam("params[title]")
	case p.GetImageUrl() == "":
		return errs.MissingParam("params[image_url]")
	}
	for _, err := range []error{
		id.Check("account_id", "acc", req.GetAccountId()),
		edge.Text("params[title]", p.GetTitle(), titleMax),
		edge.Lines("params[body]", p.GetBody(), bodyMax),
		checkImage("params[image_url]", p.GetImageUrl()),
		edge.URL("url", req.GetUrl(), urlMax, "https", "http"),
		checkColour("params[background_color]", p.GetBackgroundColor()),
		checkColour("params[title_color]", p.GetTitleColor()),
		checkColour("params[body_color]", p.GetBodyColor()),
	} {
		if err != nil {
			return err
		}
	}
	if proto.Size(req) > addedBytesMax {
		return errs.BadParam("params", fmt.Sprintf("must have at most %d bytes together with 'url'", addedBytesMax))
	}
	return nil
}

// checkImage passes "www.example.com/image.png" too: the API's documentation shows one so.
func checkImage(field, value string) error {
	if !strings.Contains(value, "://") {
		value = "https://" + value
	}
	return edge.URL(field, value, urlMax, "https", "http")
}

// checkColour passes #RRGGBB and nothing shorter, and an empty one.
func checkColour(field, value string) error {
	const digits = 6
	hex, ok := strings.CutPrefix(value, "#")
	if value == "" || ok && len(hex) == digits && strings.Trim(hex, "0123456789abcdefABCDEF") == "" {
		return nil
	}
	return errs.BadParam(field, "must be a colour such as #FCF1EE")
}
