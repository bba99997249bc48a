package handler

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/store/faults"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
	cardsproto "farthing/service.cards/proto"
	transactionsproto "farthing/service.transactions/proto"
)

func TestAPaymentIsAuthorisedForTheCardsOwner(t *testing.T) {
	b, req := newBank(t), swipe("000042")
	rsp, err := b.Authorise(t.Context(), req)
	hold := logic.HoldID(req.GetNetwork(), cardID)
	if err != nil || !rsp.GetApproved() || rsp.GetAuthorisationId() != logic.AuthorisationID(hold) {
		t.Fatalf("authorising: %v, %v", rsp, err)
	}
	want := []*transactionsproto.AuthoriseRequest{{
		HoldId: hold, AccountId: "acc_alice", UserId: "user_alice", CardId: cardID,
		Purchase: &transactionsproto.Purchase{
			Amount: pounds(3_50), LocalAmount: pounds(4_00), Descriptor_: "PRET A MANGER", Mcc: "5814", Scheme: "mastercard",
		},
		Control: &balanceproto.Control{Checks: []*balanceproto.Check{
			{Name: "card_active", Input: "ACTIVE", Verdict: balanceproto.Verdict_VERDICT_PASSED},
			{Name: "card_in_date", Input: "2029-11", Verdict: balanceproto.Verdict_VERDICT_PASSED},
		}},
	}}
	if diff := cmp.Diff(want, b.peers.authorised, protocmp.Transform()); diff != "" {
		t.Fatal(diff)
	}
}

func TestARefusalGoesToTheLedgerToBeRecorded(t *testing.T) {
	b := newBank(t)
	b.peers.card.Status, b.peers.decline = cardsproto.Status_STATUS_FROZEN, "card_frozen"
	rsp, err := b.Authorise(t.Context(), swipe("000042"))
	if err != nil || rsp.GetApproved() || rsp.GetDeclineReason() != "card_frozen" || rsp.GetTransactionId() == "" {
		t.Fatalf("authorising: %v, %v", rsp, err)
	}
	if got := b.peers.authorised[0].GetRefusal(); got != "card_frozen" {
		t.Fatalf("the ledger was told %q", got)
	}
}

func TestAPINIsCountedUnderItsMessage(t *testing.T) {
	b := newBank(t)
	with := func(stan string, pin cardprocessingproto.PINResult) *cardprocessingproto.AuthoriseRequest {
		req := swipe(stan)
		req.Verification = &cardprocessingproto.Verification{Pin: pin}
		return req
	}
	const wrong, right = cardprocessingproto.PINResult_PIN_RESULT_WRONG, cardprocessingproto.PINResult_PIN_RESULT_VERIFIED
	const notTried = cardprocessingproto.PINResult_PIN_RESULT_NOT_TRIED
	for n, step := range []struct {
		req     *cardprocessingproto.AuthoriseRequest
		refusal string
	}{
		{with("000001", notTried), ""}, {with("000002", wrong), "wrong_pin"}, {with("000002", wrong), "wrong_pin"},
		{with("000003", right), "pin_tries_exceeded"},
	} {
		if rsp, err := b.Authorise(t.Context(), step.req); err != nil {
			t.Fatalf("authorising: %v, %v", rsp, err)
		}
		if got := b.peers.authorised[n].GetRefusal(); got != step.refusal {
			t.Errorf("step %d: the ledger was told %q, want %q", n, got, step.refusal)
		}
	}
	hold := logic.HoldID(with("000002", wrong).GetNetwork(), cardID)
	if verified, tried := b.peers.tried[hold]; !tried || verified || len(b.peers.tried) != 2 {
		t.Errorf("tried were %v", b.peers.tried)
	}
	b.peers.fails["TryPIN"] = errs.New(errs.OutcomeUnknown, "not now")
	if rsp, err := b.Authorise(t.Context(), with("000004", wrong)); !errs.Is(err, errs.OutcomeUnknown) {
		t.Errorf("when nobody counts: %v, %v", rsp, err)
	}
}

func TestAnUnknownCardIsDeclinedAndRecordedWithItsLastFourOnly(t *testing.T) {
	const nobodys = "5555555555554444"
	b, req := newBank(t), swipe("000042")
	req.CardId, req.CardNumber = "", nobodys
	rsp, err := b.Authorise(t.Context(), req)
	if err != nil || rsp.GetApproved() || rsp.GetDeclineReason() != "unknown_card" || rsp.GetBalance() != nil {
		t.Fatalf("authorising: %v, %v", rsp, err)
	}
	kept := b.peers.unknown[0]
	if kept.GetLastFour() != "4444" || strings.Contains(fmt.Sprint(kept), nobodys) {
		t.Fatalf("it was recorded as %v", kept)
	}
	if rsp.GetAuthorisationId() != logic.AuthorisationID(kept.GetHoldId()) || rsp.GetTransactionId() == "" {
		t.Fatalf("answered %v for %s", rsp, kept.GetHoldId())
	}
}

func TestAFailureIsPassedOnAsWhatItIs(t *testing.T) {
	for _, method := range []string{"Identify", "Authorise"} {
		for _, code := range []string{errs.Unavailable, errs.OutcomeUnknown} {
			b := newBank(t)
			b.peers.fails[method] = errs.New(code, "not now")
			rsp, err := b.Authorise(t.Context(), swipe("000042"))
			if !errs.Is(err, code) {
				t.Errorf("%s fails with %s: %v, %v", method, code, rsp, err)
			}
			if n := b.count(t, "card_authorisations_total", errs.Of(err).Class()); n != 1 {
				t.Errorf("%s fails with %s: counted %v times", method, code, n)
			}
		}
	}
}

func TestWhatCannotBeAuthorisedReachesNobody(t *testing.T) {
	b, req := newBank(t), swipe("000042")
	req.Amount.Minor = 0
	if rsp, err := b.Authorise(t.Context(), req); !errs.Is(err, "bad_request.bad_param.amount.minor") {
		t.Fatalf("authorising: %v, %v", rsp, err)
	}
	if len(b.peers.authorised)+len(b.peers.unknown) > 0 {
		t.Fatal("a peer was asked")
	}
}

func TestTheAnswerComesInTimeWhoeverHangs(t *testing.T) {
	for _, method := range []string{"Identify", "TryPIN", "Authorise", "DeclineUnknownCard"} {
		synctest.Test(t, func(t *testing.T) {
			b, req := newBank(t), swipe("000042")
			req.Verification = &cardprocessingproto.Verification{Pin: cardprocessingproto.PINResult_PIN_RESULT_WRONG}
			b.peers.hangs[method] = true
			if method == "DeclineUnknownCard" {
				req.CardId = "card_nobody"
			}
			watch := clock.Start()
			rsp, err := b.Authorise(t.Context(), req)
			if took := watch.Elapsed(); !errs.Is(err, errs.OutcomeUnknown) || took > 1500*time.Millisecond {
				t.Errorf("%s hangs: %v, %v after %v", method, rsp, err, took)
			}
		})
	}
}

func opaque(processorID string) *cardprocessingproto.AuthoriseRequest {
	req := swipe("")
	req.Network, req.ProcessorId = nil, processorID
	return req
}

func TestAProcessorsIDStandsForOneHoldUnderRaces(t *testing.T) {
	b := newBank(t)
	var group sync.WaitGroup
	ids := make([]string, 40)
	for n := range ids {
		b.clock.AdvanceTo(noon.Add(time.Duration(n) * time.Second)) // Each would name the hold otherwise.
		group.Go(func() {
			rsp, err := b.Authorise(t.Context(), opaque("swipe-1"))
			if err != nil {
				t.Errorf("authorising: %v", err)
			}
			ids[n] = rsp.GetAuthorisationId()
		})
	}
	group.Wait()
	for _, got := range ids {
		if got == "" || got != ids[0] {
			t.Fatalf("one swipe is %q and %q", ids[0], got)
		}
	}
	if rsp, err := b.Authorise(t.Context(), opaque("swipe-2")); err != nil || rsp.GetAuthorisationId() == ids[0] {
		t.Fatalf("another swipe: %v, %v", rsp, err)
	}
}

func TestAClaimOfUnknownOutcomeIsResolvedByARepeatTomorrow(t *testing.T) {
	for name, fault := range map[string]faults.Fault{"applied": faults.UnknownApplied, "lost": faults.UnknownLost} {
		b := newBank(t)
		b.pick = faults.Script(faults.Apply, fault)
		if rsp, err := b.Authorise(t.Context(), opaque("swipe-1")); !errs.Is(err, errs.OutcomeUnknown) {
			t.Fatalf("%s: %v, %v", name, rsp, err)
		}
		if len(b.peers.authorised) > 0 {
			t.Fatalf("%s: money was asked for under a name that may not stand", name)
		}
		b.clock.AdvanceTo(noon.AddDate(0, 0, 1))
		first, err := b.Authorise(t.Context(), opaque("swipe-1"))
		if err != nil {
			t.Fatalf("%s: the repeat: %v", name, err)
		}
		b.clock.AdvanceTo(noon.AddDate(0, 0, 2))
		again, err := b.Authorise(t.Context(), opaque("swipe-1"))
		if err != nil || again.GetAuthorisationId() != first.GetAuthorisationId() {
			t.Fatalf("%s: %v, then %v, %v", name, first, again, err)
		}
	}
}

func TestWithoutItsStoreNothingIsDone(t *testing.T) {
	b := newBank(t)
	b.pick = faults.Script(faults.Apply, faults.Unavailable)
	if rsp, err := b.Authorise(t.Context(), opaque("swipe-1")); !errs.Is(err, errs.Unavailable) {
		t.Errorf("by a processor's id: %v, %v", rsp, err)
	}
	b.pick = func(faults.Op) faults.Fault { return faults.Unavailable }
	if rsp, err := b.Authorise(t.Context(), swipe("000042")); err != nil || !rsp.GetApproved() {
		t.Errorf("the network's ids need no store: %v, %v", rsp, err)
	}
}

func TestAProcessorsIDStandsForOnePayment(t *testing.T) {
	b := newBank(t)
	if rsp, err := b.Authorise(t.Context(), opaque("swipe-1")); err != nil || !rsp.GetApproved() {
		t.Fatalf("authorising: %v, %v", rsp, err)
	}
	for name, change := range map[string]func(*cardprocessingproto.AuthoriseRequest){
		"another amount":   func(r *cardprocessingproto.AuthoriseRequest) { r.Amount = pounds(9_99) },
		"a card not there": func(r *cardprocessingproto.AuthoriseRequest) { r.CardId = "card_nobodys" },
	} {
		req := opaque("swipe-1")
		change(req)
		if rsp, err := b.Authorise(t.Context(), req); !errs.Is(err, "conflict.processor_id") {
			t.Errorf("%s: %v, %v", name, rsp, err)
		}
	}
	if got := len(b.peers.authorised); got != 1 {
		t.Errorf("%d payments were authorised, want the first alone", got)
	}
}
