package handler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/events"
	"farthing/service.apns/apple"
	"farthing/service.apns/logic"
	"farthing/service.apns/storage"
	transactionsproto "farthing/service.transactions/proto"
	transactionsevents "farthing/service.transactions/proto/events"
)

// push tells a customer's phones of a transaction. A failure has the event delivered again; a phone that was told
// already is then told the same, which it shows once.
func (h *Handler) push(ctx context.Context, e events.Event) error {
	if logic.Stale(e, h.real.Now()) {
		h.pushes.WithLabelValues("stale").Inc()
		return nil
	}
	var changed transactionsevents.TransactionChanged
	if err := proto.Unmarshal(e.Body, &changed); err != nil {
		return fmt.Errorf("%w: %w", events.ErrPoison, err)
	}
	t := changed.GetTransaction()
	devices, err := h.devices.List(ctx, t.GetUserId())
	if err != nil || h.apple == nil {
		return err
	}
	payload, err := logic.Payload(t)
	if err != nil {
		return fmt.Errorf("%w: %w", events.ErrPoison, err)
	}
	var failures []error
	for _, device := range devices {
		failures = append(failures, h.send(ctx, t, device, apple.Push{
			Device: device.Token, ApnsID: logic.ApnsID(e.ID, device.ID), CollapseID: t.GetId(), Payload: payload,
		}))
	}
	return errors.Join(failures...)
}

func (h *Handler) send(
	ctx context.Context, t *transactionsproto.Transaction, to storage.Device, push apple.Push,
) error {
	result, err := h.apple.Send(ctx, push)
	if err != nil {
		h.pushes.WithLabelValues("failed").Inc()
		return fmt.Errorf("pushing: %w", err)
	}
	h.pushes.WithLabelValues(result.Outcome.String()).Inc()
	switch result.Outcome {
	case apple.Delivered:
		h.lag.Observe(h.clock.Now().Sub(time.UnixMilli(t.GetCreatedMs())).Seconds())
	case apple.Unregistered:
		if to.RegisteredAt.Before(result.Since) { // Otherwise the phone has registered again since.
			return h.devices.Forget(ctx, t.GetUserId(), to.ID)
		}
	case apple.Retry:
		return errs.New(errs.Unavailable+".apple", "Apple asks to try again later")
	case apple.Rejected: // No repeat can mend it; it has been counted.
	}
	return nil
}
