package webhooks

import (
	"cmp"
	"fmt"

	"farthing/pkg/edge"
	"farthing/service.api/caller"
	apiproto "farthing/service.api/proto"
	"farthing/service.api/wire"
	webhookproto "farthing/service.webhook/proto"
)

// delivery is one message to a webhook as the API shows it.
type delivery struct {
	ID          string    `json:"id"` // What the header webhook-id says.
	Type        string    `json:"type"`
	About       string    `json:"about"` // The id of what it tells of.
	Status      string    `json:"status"`
	Created     string    `json:"created"`
	NextAttempt string    `json:"next_attempt"` // "" unless it is pending.
	Attempts    []attempt `json:"attempts"`
}

type attempt struct {
	At         string `json:"at"`
	Error      string `json:"error"`       // "" if it was answered 2xx.
	HTTPStatus int32  `json:"http_status"` // 0 if there was no answer.
	LatencyMs  int64  `json:"latency_ms"`
	Replay     bool   `json:"replay"`
}

// deliveries answers a page of what was sent to a webhook in the last 30 days, or is to be, newest first.
func (a Area) deliveries(req edge.Request) edge.Response {
	form := req.Form()
	asked := &webhookproto.ListDeliveriesRequest{Limit: wire.Limit(form), PageToken: form.String("page_token")}
	if err := form.Err(); err != nil {
		return edge.Error(err)
	}
	found, err := a.own(req, false)
	if err != nil {
		return edge.Error(err)
	}
	asked.WebhookId = found.GetId()
	listed, err := a.Webhooks.ListDeliveries(req.Context(), asked)
	if err != nil {
		return edge.Error(fmt.Errorf("listing deliveries: %w", err))
	}
	views := make([]delivery, len(listed.GetDeliveries()))
	for i, each := range listed.GetDeliveries() {
		views[i] = deliveryOf(each)
	}
	return edge.OK(struct {
		Deliveries    []delivery `json:"deliveries"`
		NextPageToken string     `json:"next_page_token"` // Of the next, older page; "" if there is none.
	}{views, listed.GetNextPageToken()})
}

func deliveryOf(d *webhookproto.Delivery) delivery {
	view := delivery{
		ID: d.GetId(), Type: d.GetEvent(), About: d.GetAbout(), Created: apiproto.Time(d.GetCreatedMs()),
		Status: statusOf(d.GetStatus()), Attempts: make([]attempt, len(d.GetAttempts())),
	}
	if d.GetNextMs() != 0 {
		view.NextAttempt = apiproto.Time(d.GetNextMs())
	}
	for i, each := range d.GetAttempts() {
		view.Attempts[i] = attempt{
			apiproto.Time(each.GetAtMs()), each.GetProblem(), each.GetHttpStatus(), each.GetTookMs(), each.GetReplay(),
		}
	}
	return view
}

func statusOf(s webhookproto.Status) string {
	switch s {
	case webhookproto.Status_STATUS_PENDING:
		return "pending"
	case webhookproto.Status_STATUS_DELIVERED:
		return "delivered"
	default:
		return "failed"
	}
}

// replay sends one delivery again (delivery_id), or those of a range: since a time, inclusive, or an id, exclusive, and
// before a time, exclusive. Of a range it does at most limit, and says how to go on. A repeat of a dedupe_id changes
// nothing.
func (a Area) replay(req edge.Request) edge.Response {
	form := req.Form()
	asked, err := replayOf(form)
	if err != nil {
		return edge.Error(err)
	}
	found, err := a.own(req, false)
	if err != nil {
		return edge.Error(err)
	}
	asked.WebhookId = found.GetId()
	asked.DedupeId = cmp.Or(asked.GetDedupeId(), caller.Of(req).RequestID)
	done, err := a.Webhooks.Replay(req.Context(), asked)
	if err != nil {
		return edge.Error(fmt.Errorf("replaying: %w", err))
	}
	return edge.OK(struct {
		Replayed  int32  `json:"replayed"`
		NextSince string `json:"next_since"` // To go on with; "" if that was all.
	}{done.GetReplayed(), done.GetNextSinceId()})
}

func replayOf(form *edge.Form) (*webhookproto.ReplayRequest, error) {
	asked := &webhookproto.ReplayRequest{DeliveryId: form.String("delivery_id"), DedupeId: form.String("dedupe_id")}
	switch {
	case asked.GetDeliveryId() == "":
		form.Required("since") // One of the two.
		since := wire.SinceOf(form, "msg")
		asked.SinceId, asked.Limit = since.AfterID, replayLimit(form)
		if since.AfterID == "" && !since.At.IsZero() {
			asked.SinceMs = max(wire.MillisAfter(since.At), 1) // Nothing is older, and 0 would be no bound.
		}
		if before, bounded := form.Time("before"); bounded {
			asked.BeforeMs = max(wire.MillisAfter(before), 1)
		}
	case form.Has("since") || form.Has("before"):
		form.Refuse("delivery_id", "excludes 'since' and 'before'")
	}
	return asked, form.Err()
}

// replayLimit is as many as may be, unless the caller wants fewer.
func replayLimit(form *edge.Form) int32 {
	if !form.Has("limit") {
		return wire.LimitMax
	}
	return wire.Limit(form)
}
