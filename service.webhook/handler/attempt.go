package handler

import (
	"context"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/store/worklist"
	"farthing/service.webhook/lanes"
	"farthing/service.webhook/logic"
	"farthing/service.webhook/storage"
)

// send has an attempt made by this process, soon. If there is no room, the list has it.
func (h *Handler) send(a storage.Attempt) {
	h.lanes.Submit(a.Webhook, a.Name(), func(ctx context.Context, circuit *lanes.Circuit) {
		h.report(ctx, a, h.attempt(ctx, a, circuit))
	})
}

// take has an attempt made that is due. It stays on the list until it was made.
func (h *Handler) take(_ context.Context, item worklist.Item) error {
	a, err := storage.AttemptIn(item)
	switch {
	case err != nil:
		return err
	case a.Due.After(h.clock.Now()):
		return nil
	}
	h.lanes.Submit(a.Webhook, a.Name(), func(ctx context.Context, circuit *lanes.Circuit) {
		mine, err := h.deliveries.Claim(ctx, a, h.real.Now())
		if mine {
			err = h.attempt(ctx, a, circuit)
		}
		h.report(ctx, a, err)
	})
	return worklist.ErrStays
}

// report logs why an attempt was not made. It stays on the list.
func (h *Handler) report(ctx context.Context, a storage.Attempt, err error) {
	if err != nil && ctx.Err() == nil {
		h.log.WarnContext(ctx, "message not sent", "webhook_id", a.Webhook, "delivery_id", a.Delivery, "error", err)
	}
}

// abandoned is how long ago a line on the list was due of which nothing else is known: whoever wrote it has died before
// the rest.
const abandoned = 2 * time.Hour

// attempt makes an attempt, if it is still to be made, and writes down what became of it.
func (h *Handler) attempt(ctx context.Context, a storage.Attempt, circuit *lanes.Circuit) error {
	d, found, err := h.deliveries.Find(ctx, a.Webhook, a.Delivery)
	if err != nil {
		return err
	}
	order, ordered := d.Order(a.Order)
	if !found || !ordered || len(order.Attempts) < a.Step { // It is listed before what it follows from is written.
		if h.clock.Now().Sub(a.Due) > abandoned {
			return h.deliveries.Strike(ctx, a)
		}
		return nil
	}
	next, open := d.Next(order)
	if !open || len(order.Attempts) != a.Step || !next.Equal(a.Due) {
		return h.deliveries.Strike(ctx, a) // It was made.
	}
	hook, found, err := h.hooks.Look(ctx, a.Webhook)
	if err == nil && !found {
		err = errs.Missing("webhook")
	}
	if err != nil {
		return err
	}
	came, err := h.try(ctx, hook, d, a, circuit)
	if err != nil {
		return err
	}
	tried := came.Attempt
	if wait, again := logic.Wait(a.Name(), a.Step+1); again && !came.final {
		tried.Next = h.clock.Now().Add(max(wait, came.after))
	}
	if err := h.deliveries.Tried(ctx, d, order, tried); err != nil {
		return err
	}
	h.count(ctx, d, tried)
	return nil
}
