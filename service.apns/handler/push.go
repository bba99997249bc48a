package handler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/events"
	"farthing/pkg/id"
	"farthing/service.apns/apple"
	"farthing/service.apns/logic"
	"farthing/service.apns/storage"
	transactionsproto "farthing/service.transactions/proto"
	transactionsevents "farthing/service.transactions/proto/events"
)

// push tells a customer's phones of a transaction, and keeps what became of it. A failure has the event delivered
// again; phones that were told already are then left alone, whoever handles it.
func (h *Handler) push(ctx context.Context, e events.Event) error {
	var changed transactionsevents.TransactionChanged
	if err := proto.Unmarshal(e.Body, &changed); err != nil {
		return fmt.Errorf("%w: %w", events.ErrPoison, err)
	}
	t := changed.GetTransaction()
	if err := id.Check("transaction_id", "tx", t.GetId()); err != nil {
		return fmt.Errorf("%w: %w", events.ErrPoison, err)
	}
	devices, err := h.devices.List(ctx, t.GetUserId())
	if err != nil || len(devices) == 0 {
		return err
	}
	p, begun, err := h.pushes.Find(ctx, t.GetAccountId(), t.GetId(), t.GetVersion())
	switch {
	case err != nil:
		return err
	case begun && p.Outcome != logic.Waiting:
		return nil // It is a repeat.
	case !begun:
		p = logic.PushOf(t)
	}
	before := maps.Clone(p.Phones)
	err = h.tell(ctx, e, t, devices, &p)
	if p.Outcome == logic.Waiting && maps.Equal(before, p.Phones) {
		return err // It got no further.
	}
	return errors.Join(err, h.pushes.Keep(ctx, p))
}

// tellFor leaves some of the ten seconds of a handling for keeping what became of it.
const tellFor = 8 * time.Second

// tell tells the phones that are still to be told, and ends the push unless it fails.
func (h *Handler) tell(
	ctx context.Context, e events.Event, t *transactionsproto.Transaction, devices []storage.Device, p *logic.Push,
) error {
	ctx, cancel := context.WithTimeout(ctx, tellFor)
	defer cancel()
	switch {
	case logic.Stale(e, h.real.Now()):
		h.end(p, logic.TooLate)
		return nil
	case h.apple == nil:
		h.end(p, logic.Off)
		return nil
	case t.GetQuiet():
		h.end(p, logic.Quiet)
		return nil
	}
	payload, err := h.payload(ctx, t)
	if err != nil {
		return err
	}
	failures := make([]error, 0, len(devices))
	for _, device := range devices {
		phone, err := h.try(ctx, t, device, p.Phones[device.ID], apple.Push{
			Device: device.Token, ApnsID: logic.ApnsID(e.ID, device.ID), CollapseID: t.GetId(), Payload: payload,
		})
		if phone != (logic.Phone{}) {
			p.Phones[device.ID] = phone
		}
		failures = append(failures, err)
	}
	if err := errors.Join(failures...); err != nil {
		return err
	}
	p.EndTold()
	return nil
}

// end ends a push for which Apple is not asked.
func (h *Handler) end(p *logic.Push, reason logic.Outcome) {
	h.metrics.pushes.WithLabelValues(string(reason)).Inc()
	p.End(reason)
}

// payload is what phones show. An event holds no names: they are asked for.
func (h *Handler) payload(ctx context.Context, t *transactionsproto.Transaction) (json.RawMessage, error) {
	if len(t.GetSealed()) > 0 {
		rsp, err := h.transactions.Get(ctx, &transactionsproto.GetRequest{TransactionId: t.GetId()})
		if err != nil {
			return nil, fmt.Errorf("asking for names: %w", err)
		}
		t.Counterparty, t.Descriptor_ = rsp.GetTransaction().GetCounterparty(), rsp.GetTransaction().GetDescriptor_()
	}
	payload, err := logic.Payload(t)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", events.ErrPoison, err)
	}
	return payload, nil
}

// try sends one push, unless it was settled before or Apple wants to wait, and answers how far the phone is now: the
// zero Phone if that is not known.
func (h *Handler) try(
	ctx context.Context, t *transactionsproto.Transaction, to storage.Device, last logic.Phone, push apple.Push,
) (logic.Phone, error) {
	switch {
	case last.Outcome != logic.Waiting:
		return last, nil
	case h.real.Now().Before(last.NotBefore):
		return last, retryLater()
	}
	result, err := h.apple.Send(ctx, push)
	if err != nil {
		h.metrics.pushes.WithLabelValues("failed").Inc()
		return logic.Phone{}, fmt.Errorf("pushing: %w", err)
	}
	h.metrics.pushes.WithLabelValues(result.Outcome.String()).Inc()
	switch result.Outcome {
	case apple.Delivered:
		h.metrics.lag.Observe(h.clock.Now().Sub(time.UnixMilli(t.GetUpdatedMs())).Seconds())
		return logic.Phone{Outcome: logic.Delivered}, nil
	case apple.Unregistered:
		if to.RegisteredAt.Before(result.Since) { // Otherwise the phone has registered again since.
			if err := h.devices.Forget(ctx, t.GetUserId(), to.ID); err != nil {
				return logic.Phone{}, err
			}
		}
		return logic.Phone{Outcome: logic.Unregistered}, nil
	case apple.Retry:
		return logic.Phone{NotBefore: h.real.Now().Add(result.After)}, retryLater()
	case apple.Rejected: // No repeat can mend it.
	}
	return logic.Phone{Outcome: logic.Rejected}, nil
}

func retryLater() error { return errs.New(errs.Unavailable+".apple", "Apple asks to try again later") }
