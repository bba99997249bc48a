package handler

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/service.webhook/lanes"
	"farthing/service.webhook/logic"
	"farthing/service.webhook/outside"
	"farthing/service.webhook/standard"
	"farthing/service.webhook/storage"
)

// Problems of attempts that were not made; the others are outside.Problem.
const (
	resting      = "resting"      // The webhook has failed too often of late.
	disabled     = "disabled"     // The webhook is, since the message was made.
	unregistered = "deregistered" // Likewise.
	forgotten    = "forgotten"    // What the message says is not kept any more.
)

// result is what came of an attempt.
type result struct {
	logic.Attempt

	final bool          // There is to be no other.
	after time.Duration // There is to be no other before that.
}

// try calls a webhook's URL, unless there is a reason not to. It fails if what came of that is not known.
func (h *Handler) try(
	ctx context.Context, hook logic.Hook, d logic.Delivery, a storage.Attempt, circuit *lanes.Circuit,
) (result, error) {
	came := result{Attempt: logic.Attempt{At: h.clock.Now()}}
	switch hook.State { // Should its list still say otherwise, whoever wanted to change that has died.
	case logic.Disabled:
		came.Problem, came.final = disabled, true
		return came, h.hooks.Silence(ctx, hook.Account, hook.ID)
	case logic.Deregistered:
		came.Problem, came.final = unregistered, true
		return came, h.hooks.Unlist(ctx, hook.Account, hook.ID)
	case logic.Active:
	}
	body, err := h.deliveries.Body(ctx, d, hook.User)
	switch {
	case errs.Is(err, errs.NotFound):
		came.Problem, came.final = forgotten, true
		return came, nil
	case err != nil:
		return came, err
	}
	last := a.Step+1 == logic.AttemptsMax()
	if !last && !circuit.Permits() { // The last one is made whatever there is to be said against it.
		came.Problem = resting
		return came, nil
	}
	answer, err := h.call(ctx, hook, d.ID, body, circuit)
	if err != nil {
		return came, err
	}
	came.Problem, came.Status, came.Took = string(answer.Problem), answer.Status, answer.Took
	came.after, came.final = answer.RetryAfter, answer.Problem == outside.None || answer.Status == http.StatusGone
	if answer.Status == http.StatusGone {
		err = h.disable(ctx, hook)
	}
	return came, err
}

// call sends a message, and tells the circuit what came of it.
func (h *Handler) call(
	ctx context.Context, hook logic.Hook, messageID string, body []byte, circuit *lanes.Circuit,
) (outside.Answer, error) {
	header := standard.Sign(messageID, h.real.Now(), body, hook.Live(h.clock.Now())...)
	answer, err := h.outside.Post(ctx, hook.URL, header, body)
	if err != nil || answer.Problem != outside.None {
		circuit.Failed()
	} else {
		circuit.Succeeded()
	}
	if err == nil {
		h.metrics.latency.Observe(answer.Took.Seconds())
	}
	return answer, err
}

// disable has a webhook told nothing any more, because its URL says that it is gone.
func (h *Handler) disable(ctx context.Context, hook logic.Hook) error {
	_, err := h.change(ctx, hook.ID, func(was logic.Hook) logic.Hook {
		if was.State == logic.Active {
			was.State = logic.Disabled
		}
		return was
	})
	if err != nil {
		return err
	}
	h.log.InfoContext(ctx, "webhook disabled", "webhook_id", hook.ID)
	return h.hooks.Silence(ctx, hook.Account, hook.ID)
}

// count counts an attempt, and what became of a message that comes to an end with it.
func (h *Handler) count(ctx context.Context, d logic.Delivery, tried logic.Attempt) {
	outcome := cmp.Or(tried.Problem, "delivered")
	h.metrics.attempts.WithLabelValues(outcome).Inc()
	switch {
	case tried.Delivered():
		h.metrics.deliveries.WithLabelValues(outcome).Inc()
		if happened, err := id.Time("delivery_id", logic.IDPrefix, d.ID); err == nil && len(d.Orders[0].Attempts) == 0 {
			h.metrics.lag.Observe(tried.At.Add(tried.Took).Sub(happened).Seconds())
		}
	case tried.Next.IsZero():
		h.metrics.deliveries.WithLabelValues("given_up").Inc()
		h.log.InfoContext(ctx, "message given up", "webhook_id", d.Webhook, "delivery_id", d.ID, "problem", tried.Problem)
	}
}
