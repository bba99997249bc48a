package handler

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/store/faults"
	cardsproto "farthing/service.cards/proto"
)

// attempt is an attempt's id.
func attempt(n int) string {
	return id.Derived("hold", time.Date(2026, 11, 9, 12, 30, 53, 0, time.UTC), fmt.Sprint(n))
}

func (b *bank) try(t *testing.T, cardID string, n int, verified bool) *cardsproto.TryPINResponse {
	t.Helper()
	rsp, err := b.swipe.TryPIN(t.Context(), &cardsproto.TryPINRequest{
		CardId: cardID, AttemptId: attempt(n), Verified: verified,
	})
	if err != nil {
		t.Fatalf("trying: %v", err)
	}
	return rsp
}

func (b *bank) reset(t *testing.T, cardID string) {
	t.Helper()
	if _, err := b.cards.ResetPIN(t.Context(), &cardsproto.ResetPINRequest{CardId: cardID}); err != nil {
		t.Fatalf("resetting: %v", err)
	}
}

func TestAnAttemptWithAPINCountsOnce(t *testing.T) {
	b := newBank(t, nil)
	card := b.issue(t, account, "first").GetId()
	for i, step := range []struct {
		attempt  int
		verified bool
		wrong    int32
		blocked  bool
	}{
		{1, true, 0, false}, {2, false, 1, false}, {2, false, 1, false}, {3, true, 0, false}, {4, false, 1, false},
		{2, false, 1, false}, // Long ago.
		{5, false, 2, false}, {6, false, 3, false}, {7, true, 3, true}, {8, false, 3, true}, {6, false, 3, false},
		{3, true, 0, false}, // It was answered so.
	} {
		want := &cardsproto.TryPINResponse{Wrong: step.wrong, Blocked: step.blocked, Allowed: 3}
		if got := b.try(t, card, step.attempt, step.verified); !proto.Equal(got, want) {
			t.Errorf("step %d: %v, want %v", i, got, want)
		}
	}
	b.reset(t, card)
	b.reset(t, card)
	if got := b.try(t, card, 9, false); got.GetWrong() != 1 || got.GetBlocked() {
		t.Errorf("after a reset: %v", got)
	}
	if got := b.try(t, b.issue(t, account, "second").GetId(), 10, false); got.GetWrong() != 1 {
		t.Errorf("another card: %v", got)
	}
}

func TestWrongPINsAtOnceAreEachCounted(t *testing.T) {
	b := newBank(t, nil)
	card := b.issue(t, account, "first").GetId()
	var group sync.WaitGroup
	for n := range 3 {
		for range 4 { // Repeats, at once.
			group.Go(func() {
				for {
					_, err := b.swipe.TryPIN(t.Context(), &cardsproto.TryPINRequest{CardId: card, AttemptId: attempt(n)})
					if errs.Is(err, errs.Unavailable) {
						continue // The others were faster, as often as may be.
					}
					if err != nil {
						t.Errorf("trying: %v", err)
					}
					return
				}
			})
		}
	}
	group.Wait()
	if got := b.try(t, card, 9, true); got.GetWrong() != 3 || !got.GetBlocked() {
		t.Errorf("after three wrong ones at once: %v", got)
	}
}

func TestAWrongPINOfUnknownOutcomeCountsOnceWhenItIsRepeated(t *testing.T) {
	for name, fault := range map[string]faults.Fault{"applied": faults.UnknownApplied, "lost": faults.UnknownLost} {
		armed := false
		b := newBank(t, func(op faults.Op) faults.Fault {
			if armed && op == faults.Apply {
				armed = false
				return fault
			}
			return faults.None
		})
		card := b.issue(t, account, "first").GetId()
		armed = true
		req := &cardsproto.TryPINRequest{CardId: card, AttemptId: attempt(1)}
		if rsp, err := b.swipe.TryPIN(t.Context(), req); !errs.Is(err, errs.OutcomeUnknown) {
			t.Fatalf("%s: %v, %v", name, rsp, err)
		}
		if got := b.try(t, card, 1, false); got.GetWrong() != 1 {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestAPINIsTriedOfACardByAMessage(t *testing.T) {
	b := newBank(t, nil)
	card := b.issue(t, account, "first").GetId()
	for field, req := range map[string]*cardsproto.TryPINRequest{
		"card_id": {CardId: "alice", AttemptId: attempt(1)}, "attempt_id": {CardId: card, AttemptId: "tx_1"},
	} {
		if rsp, err := b.swipe.TryPIN(t.Context(), req); !errs.Is(err, "bad_request.bad_param."+field) {
			t.Errorf("%s: %v, %v", field, rsp, err)
		}
	}
	nobodys := &cardsproto.ResetPINRequest{CardId: "card_00009zIcpb1TB4yeIFXMzx"}
	if rsp, err := b.cards.ResetPIN(t.Context(), nobodys); !errs.Is(err, "not_found.card") {
		t.Errorf("resetting nobody's: %v, %v", rsp, err)
	}
}
