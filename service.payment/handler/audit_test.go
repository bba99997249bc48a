package handler

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/audit"
	"farthing/pkg/audit/audittest"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.payment/logic"
	paymentproto "farthing/service.payment/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// audited is what a whole audit finds.
func (b *bank) audited(t *testing.T) audit.Page {
	t.Helper()
	return audittest.Whole(t, 2, b.handler.audit)
}

// wantSound fails unless the audit finds nothing, and accounts for all that the bank's own accounts have.
func (b *bank) wantSound(t *testing.T) {
	t.Helper()
	found := b.audited(t)
	if len(found.Faults) > 0 {
		t.Errorf("the audit finds %+v", found.Faults)
	}
	for name, own := range map[string]string{
		"nostro GBP": nostro, "settlement_payments GBP": underWay, "suspense GBP": suspense,
	} {
		if found.Own[name] != b.ledger.Has(own) {
			t.Errorf("%s must have %d, and has %d", name, found.Own[name], b.ledger.Has(own))
		}
	}
}

// busy is a bank with a payment of each kind, by how it ended.
func busy(t *testing.T) (*bank, map[string]paid) {
	t.Helper()
	b := newBank(t, nil)
	in, err := b.payments.PayIn(t.Context(), payIn("salary", 30_00))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]paid{
		"in":       in.GetPayment(),
		"declined": b.send(t, sending("declined", grace("00"), 900_00)),
		"refused":  b.send(t, sending("refused", grace("11"), 1_00)),
		"returned": b.send(t, sending("returned", grace("12"), 2_00)),
		"settled":  b.send(t, sending("settled", grace("00"), 3_00)),
		"within":   b.send(t, sending("within", toBob(), 4_00)),
	}
	b.sweep(t, 49*time.Hour)
	all["sent"] = b.send(t, sending("sent", grace("13"), 5_00))
	for name, p := range all {
		p = b.get(t, p.GetId())
		if all[name] = p; name != "in" && name != "within" && short(p.GetState().String()) != name {
			t.Fatalf("%s has ended as %v", name, p)
		}
	}
	if got := b.audited(t).Checked; got != int64(len(all)) {
		t.Errorf("%d payments are audited, want %d", got, len(all))
	}
	b.wantSound(t)
	return b, all
}

// of is the ledger's transfer for a step of a payment.
func (b *bank) of(p *paymentproto.Payment, s logic.Step) *balanceproto.GetTransferResponse {
	return b.ledger.Made(logic.TransferID(p, s))
}

// returnOf is the transaction of the only return.
func (b *bank) returnOf() *transactionsproto.RecordRequest {
	for _, r := range b.recorded.All() {
		if r.GetKind() == transactionsproto.Kind_KIND_PAYMENT_RETURNED {
			return r
		}
	}
	return nil
}

// contradiction is something that is not as a payment has it, and what the audit must say of it.
type contradiction struct {
	of, says string
	plant    func(*bank, paid)
}

type paid = *paymentproto.Payment

func ofTransfers() map[string]contradiction {
	return map[string]contradiction{
		"settled without its journal": {"settled", "the ledger has no transfer to settle it", func(b *bank, p paid) {
			b.ledger.Keep(logic.TransferID(p, logic.Settle), nil)
		}},
		"refused and not given back": {"refused", "the ledger has no transfer to refuse it", func(b *bank, p paid) {
			b.ledger.Keep(logic.TransferID(p, logic.Refuse), nil)
		}},
		"sent and not taken": {"sent", "the ledger has no transfer to take it", func(b *bank, p paid) {
			b.ledger.Keep(logic.TransferID(p, logic.Take), nil)
		}},
		"a journal of another amount": {"settled", "the transfer to take it of 299", func(b *bank, p paid) {
			b.of(p, logic.Take).Amount = pounds(2_99)
		}},
		"from elsewhere": {"in", "goes from settlement_payments to", func(b *bank, p paid) {
			b.of(p, logic.Take).From = ownSide(balanceproto.OwnAccount_OWN_ACCOUNT_PAYMENT_SCHEME)
		}},
		"to another account": {"within", "and must go from " + adas + " to " + bobs, func(b *bank, p paid) {
			b.of(p, logic.Take).To = accountSide(adas)
		}},
		"given back though it was settled": {"settled", "has a transfer to refuse it", func(b *bank, p paid) {
			b.ledger.Keep(logic.TransferID(p, logic.Refuse), proto.CloneOf(b.of(p, logic.Settle)))
		}},
		"half done": {"returned", "to return it is TRANSFER_STATE_OPEN", func(b *bank, p paid) {
			b.of(p, logic.Return).State = balanceproto.TransferState_TRANSFER_STATE_OPEN
		}},
		"declined and taken": {"declined", "to take it is TRANSFER_STATE_POSTED", func(b *bank, p paid) {
			b.of(p, logic.Take).State = balanceproto.TransferState_TRANSFER_STATE_POSTED
		}},
	}
}

func ofTransactions() map[string]contradiction {
	return map[string]contradiction{
		"no transaction": {"settled", "is not there", func(b *bank, p paid) {
			b.recorded.Lose(p.GetTransactionId())
		}},
		"no transaction of who gets it": {"within", "is not there", func(b *bank, p paid) {
			b.recorded.Lose(logic.TransactionID(p, bobs))
		}},
		"no transaction of its return": {"returned", "is not there", func(b *bank, _ paid) {
			b.recorded.Lose(b.returnOf().GetTransactionId())
		}},
		"another amount": {"returned", "of 199 minor units of GBP, and must be of 200", func(b *bank, _ paid) {
			b.returnOf().Amount = pounds(1_99)
		}},
		"the other way": {"in", "of -3000 minor units", func(b *bank, p paid) {
			b.recorded.All()[p.GetTransactionId()].Amount = pounds(-30_00)
		}},
		"of somebody else": {"sent", "is of " + bobs, func(b *bank, p paid) {
			b.recorded.All()[p.GetTransactionId()].AccountId = bobs
		}},
		"another status": {"refused", "is STATUS_PENDING", func(b *bank, p paid) {
			b.recorded.All()[p.GetTransactionId()].Status = transactionsproto.Status_STATUS_PENDING
		}},
		"declined and shown": {"declined", "and shows as tx_", func(b *bank, p paid) {
			id := logic.TransactionID(p, adas)
			_, _ = b.recorded.Record(context.Background(), &transactionsproto.RecordRequest{TransactionId: id, Version: 1})
		}},
	}
}

func TestWhatContradictsAPaymentIsFoundAndNamed(t *testing.T) {
	for rule, contradictions := range map[string]map[string]contradiction{
		"transfer": ofTransfers(), "transaction": ofTransactions(),
	} {
		for name, c := range contradictions {
			t.Run(rule+" "+name, func(t *testing.T) {
				b, all := busy(t)
				c.plant(b, all[c.of])
				faults := b.audited(t).Faults
				if len(faults) != 1 || faults[0].BankPayment != all[c.of].GetId() || faults[0].Rule != rule ||
					!strings.Contains(faults[0].Detail, c.says) {
					t.Errorf("found %+v, want %q of %s", faults, c.says, all[c.of].GetId())
				}
			})
		}
	}
}

func TestWhatChangesDuringTheAuditIsNoFault(t *testing.T) {
	b := newBank(t, nil)
	p := b.send(t, sending("rent", grace("00"), 60_00))
	b.ledger.Before(func() {
		_, err := b.payments.Return(t.Context(), &paymentproto.ReturnRequest{PaymentId: p.GetId(), Reason: "test"})
		if err != nil {
			t.Error(err)
		}
	})
	if faults := b.audited(t).Faults; len(faults) != 0 {
		t.Errorf("found %v", faults)
	}
	b.wantSound(t)
}

// What is posted and not yet written down is under way, and counts.
func TestWhatIsUnderWayIsNoFault(t *testing.T) {
	b, all := busy(t)
	p := all["sent"]
	settle := proto.CloneOf(b.of(p, logic.Take))
	settle.From = ownSide(balanceproto.OwnAccount_OWN_ACCOUNT_PAYMENT_SCHEME)
	settle.To = ownSide(balanceproto.OwnAccount_OWN_ACCOUNT_NOSTRO)
	b.ledger.Keep(logic.TransferID(p, logic.Settle), settle)
	underWayHas, nostroHas := b.ledger.Has(underWay), b.ledger.Has(nostro)
	b.ledger.Set(underWay, underWayHas-5_00)
	b.ledger.Set(nostro, nostroHas+5_00)
	b.wantSound(t)
	settle.State = balanceproto.TransferState_TRANSFER_STATE_OPEN
	b.ledger.Set(underWay, underWayHas)
	b.ledger.Set(nostro, nostroHas)
	b.wantSound(t)
}
