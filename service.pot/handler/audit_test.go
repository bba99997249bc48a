package handler

import (
	"context"
	"strings"
	"testing"
	"time"

	"farthing/pkg/audit"
	"farthing/pkg/audit/audittest"
	"farthing/pkg/errs"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.pot/logic"
	potproto "farthing/service.pot/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// audited is what a whole audit finds.
func (b *bank) audited(t *testing.T) audit.Page {
	t.Helper()
	return audittest.Whole(t, 2, b.handler.audit)
}

// filled is a bank with 25.00 in a pot: 40.00 went in, 15.00 came out, and 99.00 were refused.
func filled(t *testing.T) (*bank, *potproto.Pot) {
	t.Helper()
	b := newBank(t, nil)
	pot := b.create(t)
	if _, err := b.deposit(t, pot.GetId(), 40_00, "in"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.withdraw(t, pot.GetId(), 15_00, "out"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.deposit(t, pot.GetId(), 99_00, "refused"); !errs.Is(err, errs.PreconditionFailed) {
		t.Fatalf("depositing what is not there: %v", err)
	}
	b.want(t, pot, 75_00, 25_00)
	return b, pot
}

// named is a move of a pot.
func (b *bank) named(t *testing.T, pot *potproto.Pot, dedupeID string) logic.Move {
	t.Helper()
	m, found, err := b.handler.pots.FindMove(t.Context(), logic.Pot{ID: pot.GetId(), Currency: "GBP"}, dedupeID)
	if err != nil || !found {
		t.Fatalf("finding %s: %v, %v", dedupeID, found, err)
	}
	return m
}

func TestWhatContradictsAMoveIsFoundAndNamed(t *testing.T) {
	posted := balanceproto.TransferState_TRANSFER_STATE_POSTED
	for says, c := range map[string]struct {
		of, rule string
		plant    func(*bank, logic.Move)
	}{
		"has no transfer for it": {"in", "move", func(b *bank, m logic.Move) { b.ledger.Keep(m.ID(), nil) }},
		"and its transfer of 3999": {"in", "move", func(b *bank, m logic.Move) {
			b.ledger.Made(m.ID()).Amount = moneyOf(39_99, "GBP")
		}},
		"and must go from": {"out", "move", func(b *bank, m logic.Move) {
			made := b.ledger.Made(m.ID())
			made.From, made.To = made.GetTo(), made.GetFrom()
		}},
		"is TRANSFER_STATE_OPEN": {"out", "move", func(b *bank, m logic.Move) {
			b.ledger.Made(m.ID()).State = balanceproto.TransferState_TRANSFER_STATE_OPEN
		}},
		"is TRANSFER_STATE_POSTED": {"refused", "move", func(b *bank, m logic.Move) {
			b.ledger.Made(m.ID()).State = posted
		}},
		"is not there": {"out", "transaction", func(b *bank, m logic.Move) { b.recorded.Lose(m.TransactionID()) }},
		"of 4000 minor units of GBP, and must be of -4000": {"in", "transaction", func(b *bank, m logic.Move) {
			b.recorded.All()[m.TransactionID()].Amount = moneyOf(40_00, "GBP")
		}},
		"is STATUS_PENDING": {"in", "transaction", func(b *bank, m logic.Move) {
			b.recorded.All()[m.TransactionID()].Status = transactionsproto.Status_STATUS_PENDING
		}},
		"is of acc_other": {"in", "transaction", func(b *bank, m logic.Move) {
			b.recorded.All()[m.TransactionID()].AccountId = "acc_other"
		}},
		"it was refused, and shows as": {"refused", "transaction", func(b *bank, m logic.Move) {
			_, _ = b.recorded.Record(context.Background(), &transactionsproto.RecordRequest{
				TransactionId: m.TransactionID(), Version: 1,
			})
		}},
	} {
		t.Run(says, func(t *testing.T) {
			b, pot := filled(t)
			m := b.named(t, pot, c.of)
			c.plant(b, m)
			faults := b.audited(t).Faults
			if len(faults) != 1 || faults[0].Pot != pot.GetId() || faults[0].Rule != c.rule ||
				!strings.HasPrefix(faults[0].Detail, m.ID()+": ") || !strings.Contains(faults[0].Detail, says) {
				t.Errorf("found %+v of %s", faults, m.ID())
			}
		})
	}
}

func wantPotFault(t *testing.T, b *bank, pot *potproto.Pot, says string) {
	t.Helper()
	faults := b.audited(t).Faults
	if len(faults) != 1 || faults[0].Pot != pot.GetId() || faults[0].Rule != "pot" ||
		faults[0].Account != pot.GetLedgerAccountId() || faults[0].Detail != says {
		t.Errorf("found %+v, want %q", faults, says)
	}
}

func TestAPotWithOtherMoneyThanItsMovesIsFound(t *testing.T) {
	b, pot := filled(t)
	b.ledger.Set(pot.GetLedgerAccountId(), 24_99)
	wantPotFault(t, b, pot, "its moves come to 2500 minor units, and the ledger has 2499")
}

func TestADeletedPotMustBeEmptyOnceNobodyIsEmptyingIt(t *testing.T) {
	b, pot := filled(t)
	was, _, err := b.handler.pots.Find(t.Context(), pot.GetId())
	if err != nil {
		t.Fatal(err)
	}
	now := was
	now.Deleted, now.Updated = true, b.Clock.Now()
	if changed, err := b.handler.pots.Change(t.Context(), was, now); err != nil || !changed {
		t.Fatalf("marking it deleted: %v, %v", changed, err)
	}
	b.want(t, pot, 75_00, 25_00)
	b.Clock.AdvanceTo(now.Updated.Add(time.Minute))
	wantPotFault(t, b, pot, "it is deleted, and has 2500 minor units")
	b.delete(t, pot.GetId())
	b.want(t, pot, 100_00, 0)
}

func TestWhatMovesDuringTheAuditIsNoFault(t *testing.T) {
	b, pot := filled(t)
	b.ledger.Before(func() {
		if _, err := b.deposit(t, pot.GetId(), 1_00, "meanwhile"); err != nil {
			t.Error(err)
		}
	})
	b.want(t, pot, 74_00, 26_00)
}

// A move whose money has gone and that is not ended counts, and one whose money is on its way is waited for.
func TestAMoveThatWasCutShortIsNoFault(t *testing.T) {
	b, pot := filled(t)
	b.ledger.Unanswered(errs.New(errs.Timeout, "Nobody knows"))
	_, err := b.pots.Deposit(t.Context(), &potproto.DepositRequest{
		PotId: pot.GetId(), SourceAccountId: account, Amount: moneyOf(5_00, "GBP"), DedupeId: "cut",
	})
	if !errs.Is(err, errs.Timeout) {
		t.Fatalf("cut short: %v", err)
	}
	b.ledger.Unanswered(nil)
	for _, state := range []balanceproto.TransferState{
		balanceproto.TransferState_TRANSFER_STATE_POSTED, balanceproto.TransferState_TRANSFER_STATE_OPEN,
	} {
		b.ledger.Made(b.named(t, pot, "cut").ID()).State = state
		if faults := b.audited(t).Faults; len(faults) != 0 {
			t.Errorf("%v: found %v", state, faults)
		}
	}
}

func TestAnAuditGoesOnOnlyFromAPlaceOfItsOwn(t *testing.T) {
	b := newBank(t, nil)
	_, err := b.handler.audit(t.Context(), audit.Window{After: "nowhere", Limit: 1})
	wantCode(t, err, "bad_request.bad_param.after")
}
