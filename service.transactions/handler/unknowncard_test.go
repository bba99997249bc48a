package handler

import (
	"sync"
	"testing"

	"farthing/pkg/errs"
	"farthing/pkg/store/faults"
	transactionsproto "farthing/service.transactions/proto"
)

func unknownCard(hold string) *transactionsproto.DeclineUnknownCardRequest {
	return &transactionsproto.DeclineUnknownCardRequest{
		HoldId: holdNamed(hold), Purchase: purchase(hold).GetPurchase(), LastFour: "1117",
	}
}

func TestAnUnknownCardsFirstAnswerStands(t *testing.T) {
	b := newBank(t)
	ids := make([]string, 20)
	var group sync.WaitGroup
	for i := range ids {
		group.Go(func() {
			rsp, err := b.DeclineUnknownCard(t.Context(), unknownCard("a"))
			if err != nil {
				t.Errorf("declining: %v", err)
			}
			ids[i] = rsp.GetTransactionId()
		})
	}
	group.Wait()
	for _, got := range ids {
		if got == "" || got != ids[0] {
			t.Fatalf("one attempt has the transactions %q and %q", ids[0], got)
		}
	}
	other, err := b.DeclineUnknownCard(t.Context(), unknownCard("b"))
	if err != nil || other.GetTransactionId() == ids[0] {
		t.Fatalf("another attempt: %v, %v", other, err)
	}
}

func TestAnUnknownCardsUnknownOutcomeIsSaidAndResolvedByARepeat(t *testing.T) {
	for name, fault := range map[string]faults.Fault{"applied": faults.UnknownApplied, "lost": faults.UnknownLost} {
		b := newBank(t)
		b.pick = faults.Script(faults.Apply, fault)
		if _, err := b.DeclineUnknownCard(t.Context(), unknownCard("a")); !errs.Is(err, errs.OutcomeUnknown) {
			t.Fatalf("%s: %v", name, err)
		}
		first, err := b.DeclineUnknownCard(t.Context(), unknownCard("a"))
		if err != nil {
			t.Fatalf("%s: the repeat: %v", name, err)
		}
		again, err := b.DeclineUnknownCard(t.Context(), unknownCard("a"))
		if err != nil || again.GetTransactionId() != first.GetTransactionId() {
			t.Fatalf("%s: %v, then %v, %v", name, first, again, err)
		}
	}
}

func TestNoMoreOfANumberIsTakenThanItsLastFour(t *testing.T) {
	type request = transactionsproto.DeclineUnknownCardRequest
	for field, spoil := range map[string]func(*request){
		"bad_param.last_four":               func(r *request) { r.LastFour = "4111111111111111" },
		"missing_param.hold_id":             func(r *request) { r.HoldId = "" },
		"missing_param.purchase.amount":     func(r *request) { r.Purchase = nil },
		"missing_param.purchase.descriptor": func(r *request) { r.Purchase.Descriptor_ = "" },
	} {
		req := unknownCard("a")
		spoil(req)
		if rsp, err := newBank(t).DeclineUnknownCard(t.Context(), req); !errs.Is(err, "bad_request."+field) {
			t.Errorf("%s: %v, %v", field, rsp, err)
		}
	}
}
