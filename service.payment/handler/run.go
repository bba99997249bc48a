package handler

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/store/worklist"
	"farthing/service.payment/logic"
	paymentproto "farthing/service.payment/proto"
	"farthing/service.payment/storage"
	transactionsproto "farthing/service.transactions/proto"
)

type keptOrder = storage.Kept[*paymentproto.StandingOrder]

// runOrder runs what is due of a standing order, day after day, and lists what comes next. Each try of each day is a
// payment with an id of its own: so it is made once, whoever tries, and however often.
func (h *Handler) runOrder(ctx context.Context, item worklist.Item) error {
	o, found, err := h.store.Orders.Find(ctx, item.Name)
	if err != nil {
		return err
	}
	if !found {
		if h.clock.Now().Sub(item.Hour) < inFlight {
			return nil // It may be yet to be written.
		}
		return h.store.Due.Remove(ctx, item.Hour, item.Name)
	}
	for o.State.GetState() == paymentproto.OrderState_ORDER_STATE_ACTIVE {
		due, err := h.dueAt(o.State)
		if err != nil {
			return err
		}
		if due.After(h.clock.Now()) {
			return h.later(ctx, h.store.Due, item, due)
		}
		if o, err = h.try(ctx, o); err != nil {
			return fmt.Errorf("running %s: %w", item.Name, err)
		}
	}
	return h.store.Due.Remove(ctx, item.Hour, item.Name)
}

// dueAt is when the next try of an order is to be made.
func (h *Handler) dueAt(o *paymentproto.StandingOrder) (time.Time, error) {
	day, err := logic.ParseDate("next_date", o.GetNextDate())
	if err != nil {
		return time.Time{}, err
	}
	at, tried := logic.TryAt(day, int(o.GetTries()), h.london)
	if !tried {
		return at, errs.Newf(errs.Internal, "%s has no try %d", o.GetId(), o.GetTries())
	}
	return at, nil
}

// listRun lists an order at the time of its next try; now, if that has passed: a sweep does not go back.
func (h *Handler) listRun(ctx context.Context, o *paymentproto.StandingOrder) error {
	at, err := h.dueAt(o)
	if err != nil {
		return err
	}
	return h.store.Due.Add(ctx, h.fromNow(at), o.GetId())
}

// fromNow is a time, or now if that has passed.
func (h *Handler) fromNow(at time.Time) time.Time {
	if now := h.clock.Now(); at.Before(now) {
		return now
	}
	return at
}

// try makes an order's next try, and writes down what comes after it.
func (h *Handler) try(ctx context.Context, o keptOrder) (keptOrder, error) {
	paid, err := h.payRun(ctx, o.State)
	if err != nil {
		return o, err
	}
	next := proto.CloneOf(o.State)
	day, err := logic.ParseDate("next_date", o.State.GetNextDate())
	if err != nil {
		return o, err
	}
	again, more := logic.NextTry(day, int(o.State.GetTries()), h.clock.Now(), h.london)
	switch {
	case paid:
		next.Paid++
		err = advance(next, day)
	case more:
		next.Tries = int32(again) //nolint:gosec // One of few.
	default:
		next.Failed++
		if err = h.recordFailed(ctx, o.State, day); err == nil {
			err = advance(next, day)
		}
	}
	if err != nil {
		return o, err
	}
	if next.GetState() == paymentproto.OrderState_ORDER_STATE_ACTIVE {
		if err := h.listRun(ctx, next); err != nil {
			return o, err
		}
	}
	next.UpdatedMs = h.clock.Now().UnixMilli()
	h.runs.WithLabelValues(map[bool]string{true: "paid", false: "not_paid"}[paid]).Inc()
	return h.store.Orders.Change(ctx, o, next)
}

// advance goes on to an order's next day, or ends it.
func advance(o *paymentproto.StandingOrder, day logic.Date) error {
	schedule, err := logic.ScheduleOf(o)
	if err != nil {
		return err
	}
	o.Tries = 0
	if next, more := schedule.After(day); more {
		o.NextDate = next.String()
		return nil
	}
	o.State, o.NextDate = paymentproto.OrderState_ORDER_STATE_FINISHED, ""
	return nil
}

// payRun makes the payment of an order's try. It is false if there was too little money, or if nobody can be paid any
// more: the account, or the payee's, was closed.
func (h *Handler) payRun(ctx context.Context, o *paymentproto.StandingOrder) (bool, error) {
	account, err := h.accountOf(ctx, o.GetAccountId())
	if err != nil {
		return false, err
	}
	dedupeID := fmt.Sprintf("%s/%s/%d", o.GetId(), o.GetNextDate(), o.GetTries())
	p, err := h.asked(account, o.GetParty(), o.GetAmount(), o.GetReference(), dedupeID)
	if err == nil {
		err = h.admitOnce(ctx, p, account)
	}
	if isRefusal(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	p.StandingOrderId = o.GetId()
	done, err := h.pay(ctx, p)
	return done.GetState() != paymentproto.State_STATE_DECLINED, err
}

// recordFailed tells the customer of a day on which there was too little money until the evening.
func (h *Handler) recordFailed(ctx context.Context, o *paymentproto.StandingOrder, day logic.Date) error {
	due, err := h.dueAt(o)
	if err != nil {
		return err
	}
	return h.record(ctx, &transactionsproto.RecordRequest{
		TransactionId: id.Derived("tx", due, o.GetId()+"/"+day.String()), AccountId: o.GetAccountId(),
		UserId: o.GetUserId(), Kind: transactionsproto.Kind_KIND_STANDING_ORDER, Version: 1,
		Status: transactionsproto.Status_STATUS_DECLINED, DeclineReason: "insufficient_funds",
		Amount: negated(o.GetAmount()), Scheme: schemeOut, Category: "transfers", OriginId: o.GetId(),
		Personal: personalOf(o.GetParty(), o.GetReference()),
		Metadata: map[string]string{"standing_order_id": o.GetId()}, AtMs: due.UnixMilli(),
	})
}
