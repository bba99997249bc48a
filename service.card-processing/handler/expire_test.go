package handler

import (
	"log/slog"
	"testing"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/store/worklist"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// What is left of a hold falls though the payment was changing for hours when its time was over.
func TestAHoldFallsThoughItsPaymentWasChangingForHours(t *testing.T) {
	b := newBank(t)
	b.peers.recorded["tx_1"] = &transactionsproto.Transaction{Id: "tx_1", AccountId: "acc_alice", UserId: "user_alice"}
	giveUp := func(messageID string) (*cardprocessingproto.ReverseResponse, error) {
		return b.Reverse(t.Context(), &cardprocessingproto.ReverseRequest{
			Message: sentAs(messageID), Original: &cardprocessingproto.Original{ProcessorId: "p1"}, Amount: pounds(1_00),
		})
	}
	first, err := giveUp("r1")
	if err != nil {
		t.Fatal(err)
	}
	held := first.GetPayment()
	due := time.UnixMilli(held.GetHeldMs()).Add(logic.ShortestTerm)
	if err := b.fallLater(t.Context(), due, held.GetAccountId(), held.GetHoldId()); err != nil {
		t.Fatal(err)
	}
	b.clock.AdvanceTo(due.Add(-time.Minute))
	b.peers.fails["Follow"] = errs.New(errs.Unavailable, "not now")
	if _, err := giveUp("r2"); err == nil {
		t.Fatal("it was done")
	}
	log := slog.New(slog.DiscardHandler)
	expiring := worklist.Sweeper{List: b.due, Clock: b.clock, Log: log, Take: b.expire}
	finishing := worklist.Sweeper{List: b.unfinished, Clock: b.clock, Log: log, Take: b.finishLate}
	for hour := range 8 {
		if hour == 5 {
			delete(b.peers.fails, "Follow")
		}
		b.clock.AdvanceTo(due.Add(time.Duration(hour) * time.Hour))
		for _, each := range []worklist.Sweeper{finishing, expiring} {
			if err := each.Sweep(t.Context()); err != nil && hour >= 5 {
				t.Errorf("in hour %d: %v", hour, err)
			}
		}
	}
	p, _, err := b.payments.Find(t.Context(), held.GetHoldId())
	if err != nil || p.State.GetPending() != nil || p.State.GetHeldMinor() != 0 {
		t.Errorf("in the end it is %v, %v", p.State, err)
	}
}
