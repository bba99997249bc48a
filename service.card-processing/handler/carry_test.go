package handler

import (
	"log/slog"
	"testing"
	"time"

	"farthing/pkg/store/faults"
	"farthing/pkg/store/worklist"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// Whoever decides may die once that is written down, and hours may pass until the next process finishes it: it is
// carried to the other payment then.
func TestWhatWasDecidedIsCarriedThoughItIsFinishedHoursLater(t *testing.T) {
	b := newDesk(t)
	sent, err := b.Refund(t.Context(), &cardprocessingproto.RefundRequest{
		Message: &cardprocessingproto.Message{ProcessorId: "s1", CardId: nobodysCard}, Amount: pounds(5_00),
		Descriptor_: "SHOP",
	})
	if err != nil || len(sent.GetPayment().GetUnmatched()) != 1 {
		t.Fatalf("refunding nobody: %v, %v", sent, err)
	}
	unmatchedID, applied := sent.GetPayment().GetUnmatched()[0].GetId(), 0
	b.pick = func(op faults.Op) faults.Fault {
		if op != faults.Apply {
			return faults.None
		}
		if applied++; applied == 1 { // The decision is written down.
			return faults.None
		}
		return faults.Unavailable
	}
	decision := cardprocessingproto.Decision{Kind: "accepted", By: "Olive Quist", CardID: cardID}
	if _, err := b.resolve(t.Context(), unmatchedID, decision); err == nil {
		t.Fatal("it was done")
	}
	b.pick = func(faults.Op) faults.Fault { return faults.None }
	b.clock.AdvanceTo(b.clock.Now().Add(3 * time.Hour))
	log := slog.New(slog.DiscardHandler)
	carrying := worklist.Sweeper{List: b.resolving, Clock: b.clock, Log: log, Take: b.carryLate}
	finishing := worklist.Sweeper{List: b.unfinished, Clock: b.clock, Log: log, Take: b.finishLate}
	for _, each := range []worklist.Sweeper{carrying, finishing, carrying} {
		b.clock.AdvanceTo(b.clock.Now().Add(2 * unansweredAfter))
		if err := each.Sweep(t.Context()); err != nil {
			t.Error(err)
		}
	}
	found, err := b.item(t.Context(), unmatchedID)
	if err != nil || found.GetState() != logic.StateResolved || b.peers.sent() != 5_00 {
		t.Errorf("in the end it is %v, %v, and %d were sent", found, err, b.peers.sent())
	}
}
