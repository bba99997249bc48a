package handler

import (
	"context"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/service.webhook/logic"
	webhookproto "farthing/service.webhook/proto"
	"farthing/service.webhook/storage"
)

// ListDeliveries is what was sent to a webhook, or is to be, newest first.
func (h *Handler) ListDeliveries(
	ctx context.Context, req *webhookproto.ListDeliveriesRequest,
) (*webhookproto.ListDeliveriesResponse, error) {
	if _, err := h.registered(ctx, req.GetWebhookId()); err != nil {
		return nil, err
	}
	if err := checkLimit(req.GetLimit()); err != nil {
		return nil, err
	}
	now := h.clock.Now()
	window := storage.Window{
		Webhook: req.GetWebhookId(), AboveID: id.Lowest(logic.IDPrefix, storage.Since(now)),
		BelowID: id.Lowest(logic.IDPrefix, now.Add(ahead)), Limit: int(req.GetLimit()),
	}
	if token := req.GetPageToken(); token != "" {
		if id.Check("page_token", logic.IDPrefix, token) != nil {
			return nil, errs.BadParam("page_token", "must be the next_page_token of an earlier answer")
		}
		window.BelowID = token
	}
	found, err := h.deliveries.Page(ctx, window)
	if err != nil {
		return nil, err
	}
	rsp := &webhookproto.ListDeliveriesResponse{}
	for _, each := range found {
		rsp.Deliveries = append(rsp.Deliveries, deliveryProto(each))
	}
	if len(found) == window.Limit {
		rsp.NextPageToken = found[len(found)-1].ID
	}
	return rsp, nil
}

// attemptsMax are shown of a delivery.
const attemptsMax = 20

func deliveryProto(d logic.Delivery) *webhookproto.Delivery {
	status, next := d.Status()
	out := &webhookproto.Delivery{
		Id: d.ID, Event: d.Event, About: d.About, CreatedMs: d.Orders[0].At.UnixMilli(), Status: statusProto(status),
	}
	if !next.IsZero() {
		out.NextMs = next.UnixMilli()
	}
	for _, each := range d.Attempts(attemptsMax) {
		out.Attempts = append(out.Attempts, &webhookproto.Attempt{
			AtMs: each.At.UnixMilli(), Problem: each.Problem, Replay: each.Replay, TookMs: each.Took.Milliseconds(),
			HttpStatus: int32(each.Status), //nolint:gosec // Three digits.
		})
	}
	return out
}

func statusProto(s logic.Status) webhookproto.Status {
	switch s {
	case logic.Pending:
		return webhookproto.Status_STATUS_PENDING
	case logic.Delivered:
		return webhookproto.Status_STATUS_DELIVERED
	default:
		return webhookproto.Status_STATUS_FAILED
	}
}
