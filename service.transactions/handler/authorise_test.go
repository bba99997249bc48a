package handler

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	moneyproto "farthing/pkg/money/proto"
	"farthing/pkg/store/faults"
	balanceproto "farthing/service.balance/proto"
	transactionsproto "farthing/service.transactions/proto"
)

func TestAnApprovedPaymentIsPendingAndGoesOut(t *testing.T) {
	b := newBank(t)
	req := purchase("a")
	req.Purchase.LocalAmount, req.Purchase.Rate = pounds(4_00), &moneyproto.Rate{Decimal: "0.875"}
	rsp, err := b.Authorise(t.Context(), req)
	if err != nil || !rsp.GetApproved() || rsp.GetBalance().GetMinor() != 96_50 {
		t.Fatalf("authorising: %v, %v", rsp, err)
	}
	want := &transactionsproto.Transaction{
		Id: rsp.GetTransactionId(), AccountId: account, UserId: "user_alice", CardId: "card_alice",
		HoldId: holdNamed("a"), Status: transactionsproto.Status_STATUS_PENDING, Amount: pounds(-3_50),
		LocalAmount: pounds(-4_00), Descriptor_: "PRET A MANGER 1234 LONDON GBR", Mcc: "5814", Scheme: "mastercard",
		Balance: pounds(96_50), Version: 1_000, Rate: &moneyproto.Rate{Decimal: "0.875"},
	}
	created, err := id.Time("id", "tx", rsp.GetTransactionId())
	if err != nil {
		t.Fatal(err)
	}
	want.CreatedMs, want.UpdatedMs = created.UnixMilli(), created.UnixMilli()
	if diff := cmp.Diff(want, b.get(t, want.GetId()), protocmp.Transform()); diff != "" {
		t.Fatalf("recorded otherwise:\n%s", diff)
	}
}

func TestAPurchaseShowsTheCashThatItGave(t *testing.T) {
	const approved = balanceproto.Outcome_OUTCOME_APPROVED
	for name, c := range map[string]struct {
		answer       *balanceproto.ReserveResponse
		amount, cash int64
	}{
		"all": {
			&balanceproto.ReserveResponse{Outcome: approved, Amount: pounds(3_50), CashbackMinor: 2_00}, 3_50, 2_00,
		},
		"goods only": {&balanceproto.ReserveResponse{Outcome: approved, Amount: pounds(1_50)}, 1_50, 0},
		"declined": {
			&balanceproto.ReserveResponse{Outcome: balanceproto.Outcome_OUTCOME_DECLINED, DeclineReason: 1, Amount: pounds(0)},
			3_50, 2_00, // What was asked for.
		},
	} {
		b := newBank(t)
		b.ledger.declare = func(rsp *balanceproto.ReserveResponse) {
			rsp.Amount, rsp.CashbackMinor = c.answer.GetAmount(), c.answer.GetCashbackMinor()
			rsp.Outcome, rsp.DeclineReason = c.answer.GetOutcome(), c.answer.GetDeclineReason()
		}
		req := purchase("a")
		req.Purchase.Cashback = pounds(2_00)
		rsp, err := b.Authorise(t.Context(), req)
		if err != nil || rsp.GetCashback().GetMinor() != c.answer.GetCashbackMinor() {
			t.Errorf("%s: %v, %v", name, rsp, err)
		}
		got := b.get(t, rsp.GetTransactionId())
		if got.GetAmount().GetMinor() != -c.amount || got.GetCashback().GetMinor() != -c.cash {
			t.Errorf("%s is recorded as %v", name, got)
		}
	}
}

func TestADeclineIsATransactionToo(t *testing.T) {
	b := newBank(t)
	b.ledger.declare = declined(balanceproto.DeclineReason_DECLINE_REASON_CARD_FROZEN)
	req := purchase("a")
	req.Refusal = "card_frozen"
	rsp, err := b.Authorise(t.Context(), req)
	if err != nil || rsp.GetApproved() || rsp.GetDeclineReason() != "card_frozen" {
		t.Fatalf("authorising: %v, %v", rsp, err)
	}
	if refusal := b.ledger.asked[0].GetRefusal(); refusal != balanceproto.DeclineReason_DECLINE_REASON_CARD_FROZEN {
		t.Errorf("the ledger was told of %v", refusal)
	}
	got := b.get(t, rsp.GetTransactionId())
	if got.GetStatus() != transactionsproto.Status_STATUS_DECLINED || got.GetDeclineReason() != "card_frozen" {
		t.Fatalf("recorded as %v", got)
	}
}

func TestARepeatAnswersTheFirstAndKeepsItsRecord(t *testing.T) {
	b := newBank(t)
	first, err := b.Authorise(t.Context(), purchase("a"))
	if err != nil {
		t.Fatal(err)
	}
	before := b.get(t, first.GetTransactionId())
	again := purchase("a")
	again.Purchase.Descriptor_ = "PRET A MANGER"
	second, err := b.Authorise(t.Context(), again)
	if diff := cmp.Diff(first, second, protocmp.Transform()); err != nil || diff != "" {
		t.Fatalf("the repeat answers %v:\n%s", err, diff)
	}
	if diff := cmp.Diff(before, b.get(t, first.GetTransactionId()), protocmp.Transform()); diff != "" {
		t.Fatalf("the record changed:\n%s", diff)
	}
}

// inRecord has a transaction's record meet a fault: the writes before are its mark and its owner.
func inRecord(fault faults.Fault) faults.Pick {
	return faults.Script(faults.Write, faults.None, faults.None, fault)
}

func TestWhatFailsToBeAnnouncedBesideTheHoldIsAnnouncedAfterIt(t *testing.T) {
	for _, fault := range []faults.Fault{
		faults.Unavailable, faults.UnknownApplied, faults.UnknownLost, faults.UnknownLate, faults.Torn,
	} {
		b := newBank(t)
		b.pick = faults.Script(faults.Write, fault, fault)
		if got := b.get(t, b.pay(t, "a")); got.GetStatus() != transactionsproto.Status_STATUS_PENDING {
			t.Errorf("with fault %d: recorded as %v", fault, got)
		}
		if n := len(b.list(t, &transactionsproto.ListRequest{AccountId: account, Limit: 100})); n != 1 {
			t.Errorf("with fault %d: the account has %d transactions", fault, n)
		}
	}
}

// What was announced for a hold that turns out to be a repeat stays without a transaction, and is no transaction.
func TestWhatWasAnnouncedInVainIsNoTransaction(t *testing.T) {
	b := newBank(t)
	b.pay(t, "a")
	b.pay(t, "a")
	inVain := b.ledger.asked[1].GetTransactionId()
	_, err := b.Get(t.Context(), &transactionsproto.GetRequest{TransactionId: inVain, ClientId: "client_a"})
	if !errs.Is(err, errs.NotFound) {
		t.Errorf("getting what was announced in vain: %v, want %s", err, errs.NotFound)
	}
	if n := len(b.list(t, &transactionsproto.ListRequest{AccountId: account, Limit: 100})); n != 1 {
		t.Errorf("the account has %d transactions", n)
	}
}

func TestWhenTheRecordFailsAfterTheHoldTheOutcomeIsUnknown(t *testing.T) {
	for name, fault := range map[string]faults.Fault{
		"the store is away": faults.Unavailable, "applied": faults.UnknownApplied, "lost": faults.UnknownLost,
		"late": faults.UnknownLate, "torn": faults.Torn,
	} {
		t.Run(name, func(t *testing.T) {
			b := newBank(t)
			b.pick = inRecord(fault)
			if rsp, err := b.Authorise(t.Context(), purchase("a")); !errs.Is(err, errs.OutcomeUnknown) {
				t.Fatalf("authorising: %v, %v, want %s: the money is held", rsp, err, errs.OutcomeUnknown)
			}
			rsp, err := b.Authorise(t.Context(), purchase("a"))
			if err != nil || !rsp.GetApproved() || rsp.GetTransactionId() != b.ledger.asked[0].GetTransactionId() {
				t.Fatalf("the repeat: %v, %v", rsp, err)
			}
			b.mend(t)
			if n := len(b.list(t, &transactionsproto.ListRequest{AccountId: account, Limit: 100})); n != 1 {
				t.Fatalf("the account has %d transactions", n)
			}
		})
	}
}

func TestARepeatThatCannotReadTheRecordIsUnknown(t *testing.T) {
	b := newBank(t)
	b.pay(t, "a")
	b.pick = func(op faults.Op) faults.Fault {
		if op == faults.Get || op == faults.Range {
			return faults.Unavailable
		}
		return faults.None
	}
	if rsp, err := b.Authorise(t.Context(), purchase("a")); !errs.Is(err, errs.OutcomeUnknown) {
		t.Fatalf("the repeat: %v, %v", rsp, err)
	}
}

func TestWhatTheLedgerSaysOfAFailureIsPassedOn(t *testing.T) {
	for _, failure := range []*errs.Error{
		errs.New(errs.Unavailable, "away"), errs.New(errs.OutcomeUnknown, "who knows"), errs.Missing("account"),
	} {
		b := newBank(t)
		b.ledger.failure = failure
		if rsp, err := b.Authorise(t.Context(), purchase("a")); !errs.Is(err, failure.Code) {
			t.Errorf("authorising: %v, %v, want %s", rsp, err, failure.Code)
		}
	}
}

// The first answer was lost, the ledger gave the hold up, and the first record was still on its way.
func TestAHoldThatWasGivenUpIsDeclinedHoweverLateItsFirstRecordIs(t *testing.T) {
	for name, fault := range map[string]faults.Fault{
		"it came": faults.UnknownApplied, "it comes last": faults.UnknownLate, "it never comes": faults.UnknownLost,
	} {
		t.Run(name, func(t *testing.T) {
			b := newBank(t)
			b.pick = inRecord(fault)
			if _, err := b.Authorise(t.Context(), purchase("a")); !errs.Is(err, errs.OutcomeUnknown) {
				t.Fatalf("authorising: %v", err)
			}
			b.ledger.declare = declined(balanceproto.DeclineReason_DECLINE_REASON_TIMED_OUT)
			for range 2 {
				rsp, err := b.Authorise(t.Context(), purchase("a"))
				if err != nil || rsp.GetApproved() || rsp.GetDeclineReason() != "timed_out" {
					t.Fatalf("the repeat: %v, %v", rsp, err)
				}
			}
			b.mend(t)
			got := b.get(t, b.ledger.asked[0].GetTransactionId())
			if got.GetStatus() != transactionsproto.Status_STATUS_DECLINED || got.GetVersion() != 2_000 {
				t.Fatalf("recorded as %v", got)
			}
		})
	}
}

func TestAHoldThatWasFencedBeforeItWasAskedForHasOneTransaction(t *testing.T) {
	b := newBank(t)
	var ids []string
	for range 2 {
		b.ledger.declare = func(rsp *balanceproto.ReserveResponse) {
			declined(balanceproto.DeclineReason_DECLINE_REASON_TIMED_OUT)(rsp)
			rsp.TransactionId = "" // Whoever fenced it knew of none.
		}
		rsp, err := b.Authorise(t.Context(), purchase("a"))
		if err != nil || rsp.GetDeclineReason() != "timed_out" {
			t.Fatalf("authorising: %v, %v", rsp, err)
		}
		ids = append(ids, rsp.GetTransactionId())
	}
	if ids[0] != ids[1] || b.get(t, ids[0]).GetHoldId() != holdNamed("a") {
		t.Fatalf("it has the transactions %v", ids)
	}
}

func TestATransactionIsToldOfWhateverBecameOfItsBatch(t *testing.T) {
	for name, fault := range map[string]faults.Fault{
		"done": faults.None, "applied": faults.UnknownApplied, "torn": faults.Torn, "late": faults.UnknownLate,
		"lost": faults.UnknownLost, "away": faults.Unavailable,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBank(t)
				b.pick = inRecord(fault)
				_, _ = b.Authorise(t.Context(), purchase("a"))
				if _, err := b.Authorise(t.Context(), purchase("a")); err != nil {
					t.Fatalf("the repeat: %v", err)
				}
				b.mend(t)
				published := b.publish(t, 10*time.Minute)
				if len(published) == 0 {
					t.Fatal("nobody was told")
				}
				for _, e := range published {
					if e.ID != published[0].ID || e.Type != recorded || e.Version != 1_000 {
						t.Errorf("told of %v, want one event, repeated at most", kinds(published))
					}
					if got := stateOf(t, e); got.GetId() != b.ledger.asked[0].GetTransactionId() {
						t.Errorf("told of %v", got)
					}
				}
			})
		})
	}
}

func TestWhatIsMissingOrWrongIsRefusedByName(t *testing.T) {
	for field, spoil := range map[string]func(*transactionsproto.AuthoriseRequest){
		"missing_param.account_id":          func(r *transactionsproto.AuthoriseRequest) { r.AccountId = "" },
		"missing_param.card_id":             func(r *transactionsproto.AuthoriseRequest) { r.CardId = "" },
		"missing_param.hold_id":             func(r *transactionsproto.AuthoriseRequest) { r.HoldId = "" },
		"bad_param.hold_id":                 func(r *transactionsproto.AuthoriseRequest) { r.HoldId = "auth_1" },
		"bad_param.refusal":                 func(r *transactionsproto.AuthoriseRequest) { r.Refusal = "unspecified" },
		"missing_param.purchase.amount":     func(r *transactionsproto.AuthoriseRequest) { r.Purchase.Amount = nil },
		"missing_param.purchase.descriptor": func(r *transactionsproto.AuthoriseRequest) { r.Purchase.Descriptor_ = "" },
	} {
		b, req := newBank(t), purchase("a")
		spoil(req)
		if rsp, err := b.Authorise(t.Context(), req); !errs.Is(err, "bad_request."+field) {
			t.Errorf("%s: %v, %v", field, rsp, err)
		}
		if len(b.ledger.asked) > 0 {
			t.Errorf("%s: the ledger was asked all the same", field)
		}
	}
}
