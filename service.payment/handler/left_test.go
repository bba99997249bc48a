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
