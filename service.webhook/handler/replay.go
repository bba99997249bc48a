package handler

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"golang.org/x/sync/errgroup"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/service.webhook/logic"
	webhookproto "farthing/service.webhook/proto"
	"farthing/service.webhook/storage"
)

// Replay sends one delivery again, or some of a range. A repeat of a dedupe_id changes nothing.
func (h *Handler) Replay(ctx context.Context, req *webhookproto.ReplayRequest) (*webhookproto.ReplayResponse, error) {
	hook, err := h.registered(ctx, req.GetWebhookId())
	switch {
	case err != nil:
		return nil, err
	case len(req.GetDedupeId()) > dedupeIDMax:
		return nil, errs.BadParam("dedupe_id", "must be at most 64 bytes")
	case hook.State == logic.Disabled:
		return nil, errs.New(errs.PreconditionFailed+".webhook_disabled",
			"The webhook is disabled, since its URL has answered 410")
	}
	order := logic.NewOrder(h.orderName(req.GetDedupeId()), h.clock.Now())
	if req.GetDeliveryId() != "" {
		return h.replayOne(ctx, req, order)
	}
	return h.replayRange(ctx, req, order)
}

// orderName names the wish for a replay: the same for the same dedupe id.
func (h *Handler) orderName(dedupeID string) string {
	if dedupeID == "" {
		return h.ids.New("replay")
	}
	sum := sha256.Sum256([]byte(dedupeID))
	return "dedupe_" + hex.EncodeToString(sum[:16])
}

func (h *Handler) replayOne(
	ctx context.Context, req *webhookproto.ReplayRequest, order logic.Order,
) (*webhookproto.ReplayResponse, error) {
	d, err := h.delivery(ctx, req.GetWebhookId(), req.GetDeliveryId())
	if err != nil {
		return nil, err
	}
	done, err := h.replay(ctx, d, order)
	if err == nil && !done {
		err = errs.New(errs.PreconditionFailed+".replayed_too_often", "The delivery was replayed as often as one may be")
	}
	if err != nil {
		return nil, err
	}
	return &webhookproto.ReplayResponse{Replayed: 1}, nil
}

// delivery is one of a webhook's that is kept: not_found.delivery otherwise.
func (h *Handler) delivery(ctx context.Context, hookID, deliveryID string) (logic.Delivery, error) {
	happened, err := id.Time("delivery_id", logic.IDPrefix, deliveryID)
	if err != nil || happened.Before(storage.Since(h.clock.Now())) {
		return logic.Delivery{}, errs.Missing("delivery")
	}
	d, found, err := h.deliveries.Find(ctx, hookID, deliveryID)
	if err == nil && !found {
		err = errs.Missing("delivery")
	}
	return d, err
}

// replay has a delivery sent again, and tells whether it is: not more often than one may be.
func (h *Handler) replay(ctx context.Context, d logic.Delivery, order logic.Order) (bool, error) {
	if _, there := d.Order(order.Name); there {
		return true, nil
	}
	if len(d.Orders) > logic.ReplaysMax { // The first is none.
		return false, nil
	}
	if err := h.deliveries.Order(ctx, d, order); err != nil {
		return false, err
	}
	h.send(storage.AttemptOf(d, order))
	return true, nil
}

// replaysAtOnce are ordered at the same time.
const replaysAtOnce = 16

func (h *Handler) replayRange(
	ctx context.Context, req *webhookproto.ReplayRequest, order logic.Order,
) (*webhookproto.ReplayResponse, error) {
	window, err := h.rangeOf(req)
	if err != nil {
		return nil, err
	}
	found, err := h.deliveries.Page(ctx, window)
	if err != nil {
		return nil, err
	}
	done := make([]bool, len(found))
	some, ctx := errgroup.WithContext(ctx)
	some.SetLimit(replaysAtOnce)
	for i, d := range found {
		some.Go(func() (err error) {
			done[i], err = h.replay(ctx, d, order)
			return err
		})
	}
	if err := some.Wait(); err != nil {
		return nil, err
	}
	rsp := &webhookproto.ReplayResponse{}
	for _, each := range done {
		if each {
			rsp.Replayed++
		}
	}
	if len(found) == window.Limit {
		rsp.NextSinceId = found[len(found)-1].ID
	}
	return rsp, nil
}

// ahead is more than clocks differ: what happened is not newer than that.
const ahead = time.Hour

func (h *Handler) rangeOf(req *webhookproto.ReplayRequest) (storage.Window, error) {
	now := h.clock.Now()
	window := storage.Window{
		Webhook: req.GetWebhookId(), Limit: int(req.GetLimit()), OldestFirst: true,
		BelowID: id.Lowest(logic.IDPrefix, now.Add(ahead)),
	}
	if err := checkLimit(req.GetLimit()); err != nil {
		return window, err
	}
	since, err := sinceOf(req)
	if err != nil {
		return window, err
	}
	if req.GetBeforeMs() != 0 {
		before := time.UnixMilli(req.GetBeforeMs())
		if since.After(before) {
			return window, errs.BadParam("before", "must not be earlier than 'since'")
		}
		window.BelowID = id.Lowest(logic.IDPrefix, before)
	}
	if kept := storage.Since(now); since.Before(kept) {
		window.AboveID = id.Lowest(logic.IDPrefix, kept)
	} else if window.AboveID = req.GetSinceId(); window.AboveID == "" {
		window.AboveID = id.Lowest(logic.IDPrefix, since)
	}
	return window, nil
}

func sinceOf(req *webhookproto.ReplayRequest) (time.Time, error) {
	switch {
	case req.GetSinceId() != "":
		return id.Time("since", logic.IDPrefix, req.GetSinceId())
	case req.GetSinceMs() == 0:
		return time.Time{}, errs.MissingParam("since")
	default:
		return time.UnixMilli(req.GetSinceMs()), nil
	}
}

const limitMax = 100

func checkLimit(limit int32) error {
	if limit < 1 || limit > limitMax {
		return errs.BadParam("limit", "must be from 1 to 100")
	}
	return nil
}
