package handler

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/errs"
	"farthing/pkg/foundation/foundationtest"
	"farthing/pkg/store/faults"
	potproto "farthing/service.pot/proto"
	transactionsproto "farthing/service.transactions/proto"
)

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if err == nil || errs.Of(err).Code != code {
		t.Errorf("got %v, want %s", err, code)
	}
}

func TestAPotIsMadeOnce(t *testing.T) {
	b := newBank(t, nil)
	pot := b.create(t)
	want := &potproto.Pot{
		Id: pot.GetId(), UserId: user, CurrentAccountId: account, LedgerAccountId: pot.GetLedgerAccountId(),
		Name: "Lisbon in May", Style: "beach_ball", Balance: moneyOf(0, "GBP"), GoalMinor: 600_00,
		CreatedMs: pot.GetCreatedMs(), UpdatedMs: pot.GetCreatedMs(),
	}
	if diff := cmp.Diff(want, pot, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	if again := b.create(t); again.GetId() != pot.GetId() {
		t.Errorf("the repeat made %s", again.GetId())
	}
	other := holiday()
	other.Name = "Porto"
	_, err := b.pots.Create(t.Context(), other)
	wantCode(t, err, "conflict.dedupe_id")
	listed, err := b.pots.List(t.Context(), &potproto.ListRequest{CurrentAccountId: account})
	if err != nil || len(listed.GetPots()) != 1 {
		t.Errorf("listed: %v, %v", listed, err)
	}
}

func TestMoneyGoesInAndOutOnce(t *testing.T) {
	b := newBank(t, nil)
	pot := b.create(t)
	for range 2 {
		if got, err := b.deposit(t, pot.GetId(), 40_00, "in"); err != nil || got.GetBalance().GetMinor() != 40_00 {
			t.Fatalf("depositing: %v, %v", got, err)
		}
	}
	for range 2 {
		if got, err := b.withdraw(t, pot.GetId(), 15_00, "out"); err != nil || got.GetBalance().GetMinor() != 25_00 {
			t.Fatalf("withdrawing: %v, %v", got, err)
		}
	}
	b.want(t, pot, 75_00, 25_00)
	_, err := b.withdraw(t, pot.GetId(), 40_00, "in")
	wantCode(t, err, "conflict.dedupe_id")
	for _, r := range b.recorded.All() {
		if r.GetScheme() != "uk_retail_pot" || r.GetDescription() != pot.GetId() ||
			r.GetMetadata()["pot_id"] != pot.GetId() || r.GetStatus() != transactionsproto.Status_STATUS_SETTLED {
			t.Errorf("recorded as %v", r)
		}
	}
}

func TestWhatWasRefusedStaysSo(t *testing.T) {
	b := newBank(t, nil)
	pot := b.create(t)
	_, err := b.deposit(t, pot.GetId(), 100_01, "too much")
	wantCode(t, err, "precondition_failed.insufficient_funds")
	b.ledger.Set(account, 1_000_00)
	_, err = b.deposit(t, pot.GetId(), 100_01, "too much")
	wantCode(t, err, "precondition_failed.insufficient_funds")
	b.want(t, pot, 1_000_00, 0)
}

func TestADeletedPotGivesEverythingBackAndTakesNothing(t *testing.T) {
	b := newBank(t, nil)
	pot := b.create(t)
	if _, err := b.deposit(t, pot.GetId(), 40_00, "in"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got := b.delete(t, pot.GetId()); !got.GetDeleted() || got.GetBalance().GetMinor() != 0 {
			t.Errorf("deleted it is %v", got)
		}
	}
	b.want(t, pot, 100_00, 0)
	_, err := b.deposit(t, pot.GetId(), 1_00, "late")
	wantCode(t, err, "precondition_failed.pot_deleted")
	if _, err := b.deposit(t, pot.GetId(), 40_00, "in"); err != nil {
		t.Errorf("a repeat of what happened before: %v", err)
	}
	b.want(t, pot, 100_00, 0)
}

func TestDepositsThatRaceADeletionAreNeverLost(t *testing.T) {
	b := newBank(t, nil)
	pot := b.create(t)
	var racers sync.WaitGroup
	for n := range 12 {
		racers.Go(func() { _, _ = b.deposit(t, pot.GetId(), 1_00, fmt.Sprint("in", n)) })
	}
	racers.Go(func() { b.delete(t, pot.GetId()) })
	racers.Wait()
	b.delete(t, pot.GetId())
	b.want(t, pot, 100_00, 0)
}

func TestWhatIsCutShortAnywhereIsFinished(t *testing.T) {
	foundationtest.AtEachWrite(t, func(t *testing.T, pick faults.Pick) {
		b := newBank(t, pick)
		pot := b.create(t)
		if _, err := b.deposit(t, pot.GetId(), 40_00, "in"); err != nil {
			t.Fatal(err)
		}
		if _, err := b.withdraw(t, pot.GetId(), 15_00, "out"); err != nil {
			t.Fatal(err)
		}
		b.Settle(t)
		b.want(t, pot, 75_00, 25_00)
		b.delete(t, pot.GetId())
		b.Settle(t)
		b.want(t, pot, 100_00, 0)
	})
}

func TestWhoeverDiesIsFollowedByTheSweep(t *testing.T) {
	b := newBank(t, nil)
	pot := b.create(t)
	b.ledger.Unanswered(errs.New(errs.OutcomeUnknown, "The outcome is not known"))
	_, err := b.handler.Deposit(t.Context(), &potproto.DepositRequest{ // The money has moved, and nobody goes on.
		PotId: pot.GetId(), SourceAccountId: account, Amount: moneyOf(40_00, "GBP"), DedupeId: "in",
	})
	if err == nil || len(b.recorded.All()) != 0 {
		t.Fatalf("it was not cut short: %v", err)
	}
	b.ledger.Unanswered(nil)
	b.sweep(t)
	b.want(t, pot, 60_00, 40_00)
	b.sweep(t) // Nothing is left to do.
	b.want(t, pot, 60_00, 40_00)
}

func TestAPotIsCalledOtherwise(t *testing.T) {
	b := newBank(t, nil)
	pot := b.create(t)
	name, goal := "Porto", int64(0)
	got, err := b.pots.Update(t.Context(), &potproto.UpdateRequest{PotId: pot.GetId(), Name: &name, GoalMinor: &goal})
	if err != nil || got.GetPot().GetName() != "Porto" || got.GetPot().GetGoalMinor() != 0 ||
		got.GetPot().GetStyle() != "beach_ball" {
		t.Errorf("it became %v, %v", got, err)
	}
	b.Clock.AdvanceTo(b.Clock.Now().Add(time.Hour))
	b.delete(t, pot.GetId())
	_, err = b.pots.Update(t.Context(), &potproto.UpdateRequest{PotId: pot.GetId(), Name: &holiday().Name})
	wantCode(t, err, "precondition_failed.pot_deleted")
}

func TestARequestNamesWhatIsWrongWithIt(t *testing.T) {
	b := newBank(t, nil)
	pot := b.create(t)
	for code, spoil := range map[string]func(*potproto.DepositRequest){
		"bad_request.missing_param.pot_id":            func(r *potproto.DepositRequest) { r.PotId = "" },
		"not_found.pot":                               func(r *potproto.DepositRequest) { r.PotId = "pot" + user[4:] },
		"bad_request.missing_param.source_account_id": func(r *potproto.DepositRequest) { r.SourceAccountId = "" },
		"bad_request.bad_param.source_account_id":     func(r *potproto.DepositRequest) { r.SourceAccountId = user },
		"bad_request.missing_param.amount":            func(r *potproto.DepositRequest) { r.Amount = nil },
		"bad_request.bad_param.amount":                func(r *potproto.DepositRequest) { r.Amount.Minor = 0 },
		"bad_request.bad_param.amount.currency":       func(r *potproto.DepositRequest) { r.Amount.Currency = "EUR" },
		"bad_request.missing_param.dedupe_id":         func(r *potproto.DepositRequest) { r.DedupeId = "" },
	} {
		req := &potproto.DepositRequest{
			PotId: pot.GetId(), SourceAccountId: account, Amount: moneyOf(1, "GBP"), DedupeId: code,
		}
		spoil(req)
		_, err := b.pots.Deposit(t.Context(), req)
		wantCode(t, err, code)
	}
	nobody := "acc" + pot.GetId()[3:]
	for code, spoil := range map[string]func(*potproto.CreateRequest){
		"bad_request.missing_param.name":               func(r *potproto.CreateRequest) { r.Name = "" },
		"bad_request.bad_param.name":                   func(r *potproto.CreateRequest) { r.Name = "a\nb" },
		"bad_request.bad_param.goal_amount":            func(r *potproto.CreateRequest) { r.GoalMinor = -1 },
		"bad_request.bad_param.current_account_id":     func(r *potproto.CreateRequest) { r.CurrentAccountId = user },
		"bad_request.missing_param.current_account_id": func(r *potproto.CreateRequest) { r.CurrentAccountId = "" },
		"not_found.account":                            func(r *potproto.CreateRequest) { r.CurrentAccountId = nobody },
		"bad_request.missing_param.dedupe_id":          func(r *potproto.CreateRequest) { r.DedupeId = "" },
	} {
		req := holiday()
		spoil(req)
		_, err := b.pots.Create(t.Context(), req)
		wantCode(t, err, code)
	}
	b.want(t, pot, 100_00, 0)
}
