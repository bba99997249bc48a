package handler

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	paymentproto "farthing/service.payment/proto"
)

// Who takes a payment back lists it first, and writes that it comes back then.
func TestASweepBetweenTheStepsOfAReturnForgetsNothing(t *testing.T) {
	b := newBank(t, nil)
	sent := b.send(t, sending("rent", grace("00"), 60_00))
	settled, err := b.handler.find(t.Context(), sent.GetId())
	if err != nil {
		t.Fatal(err)
	}
	if err := b.handler.store.Unfinished.Add(t.Context(), b.Clock.Now(), sent.GetId()); err != nil {
		t.Fatal(err)
	}
	b.sweep(t, time.Second)
	next := proto.CloneOf(settled.State)
	next.State, next.Reason = paymentproto.State_STATE_RETURNING, "by_request" // And then it dies.
	if _, err := b.handler.store.Payments.Change(t.Context(), settled, next); err != nil {
		t.Fatal(err)
	}
	b.sweep(t, 2*leftBehind)
	if got := b.get(t, sent.GetId()); got.GetState() != paymentproto.State_STATE_RETURNED {
		t.Errorf("it came to %v", got)
	}
	b.want(t, map[string]int64{adas: 100_00, nostro: 0})
}

// What was paid is not refused afterwards, by what has become of the account since.
func TestARepeatAnswersThePaymentThoughTheAccountWasClosedSince(t *testing.T) {
	b := newBank(t, nil)
	first := b.send(t, sending("rent", grace("00"), 60_00))
	b.accounts.closed.Store(true)
	rsp, err := b.payments.Send(t.Context(), sending("rent", grace("00"), 60_00))
	if err != nil || !proto.Equal(rsp.GetPayment(), first) {
		t.Errorf("the repeat is answered %v, %v", rsp, err)
	}
	_, err = b.payments.Send(t.Context(), sending("rent", grace("00"), 60_01))
	wantCode(t, err, "conflict.dedupe_id")
}

// The process that has paid may die before it writes so, and the account be closed before the next one looks.
func TestADayThatWasPaidIsPaidThoughTheAccountWasClosedSince(t *testing.T) {
	b := newBank(t, nil)
	o := b.order(t, rent(10_00))
	due, err := b.handler.dueAt(o)
	if err != nil {
		t.Fatal(err)
	}
	b.Clock.AdvanceTo(due)
	if paid, err := b.handler.payRun(t.Context(), o); err != nil || !paid {
		t.Fatalf("paying: %v, %v", paid, err)
	}
	b.accounts.closed.Store(true)
	b.sweep(t, time.Second)
	if o := b.orderNow(t); o.GetPaid() != 1 || o.GetFailed() != 0 || o.GetTries() != 0 {
		t.Errorf("it is %v", o)
	}
	b.want(t, map[string]int64{adas: 90_00, nostro: 10_00})
}
