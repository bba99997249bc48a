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

// push tells a customer's phones of a transaction. A failure has the event delivered again; phones that were told
// already are then left alone.
func (h *Handler) push(ctx context.Context, e events.Event) error {
	now := h.real.Now()
	if logic.Stale(e, now) {
		h.metrics.pushes.WithLabelValues("stale").Inc()
		return nil
	}
	if h.apple == nil {
		return nil
	}
	var changed transactionsevents.TransactionChanged
	if err := proto.Unmarshal(e.Body, &changed); err != nil {
		return fmt.Errorf("%w: %w", events.ErrPoison, err)
	}
	t := changed.GetTransaction()
	if t.GetQuiet() {
		h.metrics.pushes.WithLabelValues("quiet").Inc()
		return nil
	}
	if len(t.GetSealed()) > 0 { // The event holds no names.
		rsp, err := h.transactions.Get(ctx, &transactionsproto.GetRequest{TransactionId: t.GetId()})
		if err != nil {
			return fmt.Errorf("asking for names: %w", err)
		}
		t.Counterparty, t.Descriptor_ = rsp.GetTransaction().GetCounterparty(), rsp.GetTransaction().GetDescriptor_()
	}
	payload, err := logic.Payload(t)
	if err != nil {
		return fmt.Errorf("%w: %w", events.ErrPoison, err)
	}
	devices, err := h.devices.List(ctx, t.GetUserId())
	if err != nil {
		return err
	}
	tried, failures := make(map[string]attempt, len(devices)), make([]error, 0, len(devices))
	for _, device := range devices {
		push := apple.Push{
			Device: device.Token, ApnsID: logic.ApnsID(e.ID, device.ID), CollapseID: t.GetId(), Payload: payload,
		}
		one, err := h.try(ctx, t, device, push)
		tried[push.ApnsID], failures = one, append(failures, err)
	}
	err = errors.Join(failures...)
	if err != nil {
		h.tried.remember(tried, now)
	} else {
		h.tried.forget(tried)
	}
	return err
}

// try sends one push, unless it was settled before or Apple wants to wait.
func (h *Handler) try(
	ctx context.Context, t *transactionsproto.Transaction, to storage.Device, push apple.Push,
) (attempt, error) {
	last := h.tried.of(push.ApnsID)
	switch {
	case last.settled:
		return last, nil
	case h.real.Now().Before(last.notBefore):
		return last, retryLater()
	}
	result, err := h.apple.Send(ctx, push)
	if err != nil {
		h.metrics.pushes.WithLabelValues("failed").Inc()
		return attempt{}, fmt.Errorf("pushing: %w", err)
	}
	h.metrics.pushes.WithLabelValues(result.Outcome.String()).Inc()
	switch result.Outcome {
	case apple.Delivered:
		h.metrics.lag.Observe(h.clock.Now().Sub(time.UnixMilli(t.GetUpdatedMs())).Seconds())
	case apple.Unregistered:
		if to.RegisteredAt.Before(result.Since) { // Otherwise the phone has registered again since.
			err = h.devices.Forget(ctx, t.GetUserId(), to.ID)
		}
	case apple.Retry:
		return attempt{notBefore: h.real.Now().Add(result.After)}, retryLater()
	case apple.Rejected: // No repeat can mend it; it has been counted.
	}
	return attempt{settled: err == nil}, err
}

func retryLater() error { return errs.New(errs.Unavailable+".apple", "Apple asks to try again later") }
