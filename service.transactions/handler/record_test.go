package handler

import (
	"bytes"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/store"
	"farthing/pkg/store/faults"
	transactionsproto "farthing/service.transactions/proto"
	"farthing/service.transactions/storage"
)

// rent is a payment to a landlord.
func rent() *transactionsproto.RecordRequest {
	return &transactionsproto.RecordRequest{
		TransactionId: id.Derived("tx", noon, "rent"), AccountId: account, UserId: "user_alice",
		Kind: transactionsproto.Kind_KIND_PAYMENT_OUT, Version: 1, Status: transactionsproto.Status_STATUS_PENDING,
		Amount: pounds(-650_00), Scheme: "payport_faster_payments", Category: "transfers", OriginId: "payment_1",
		Personal: &transactionsproto.Personal{
			Counterparty: &transactionsproto.Counterparty{
				Name: "Grace Hopper", AccountNumber: "12345678", SortCode: "040004",
			},
			Reference: "RENT FLAT 7",
		},
		Metadata: map[string]string{"faster_payment": "true"}, AtMs: noon.UnixMilli(), Balance: pounds(350_00),
	}
}

func (b *bank) record(t *testing.T, req *transactionsproto.RecordRequest) {
	t.Helper()
	if _, err := b.Record(t.Context(), req); err != nil {
		t.Fatalf("recording: %v", err)
	}
}

func TestWhatIsNoCardPaymentIsRecordedWithItsCounterparty(t *testing.T) {
	b := newBank(t)
	for range 2 {
		b.record(t, rent())
	}
	want := &transactionsproto.Transaction{
		Id: rent().GetTransactionId(), AccountId: account, UserId: "user_alice",
		Kind: transactionsproto.Kind_KIND_PAYMENT_OUT, Status: transactionsproto.Status_STATUS_PENDING,
		Amount: pounds(-650_00), LocalAmount: pounds(-650_00), Balance: pounds(350_00), Category: "transfers",
		Descriptor_: "RENT FLAT 7", Notes: "RENT FLAT 7", Scheme: "payport_faster_payments", OriginId: "payment_1",
		Counterparty: rent().GetPersonal().GetCounterparty(), Metadata: map[string]string{"faster_payment": "true"},
		CreatedMs: noon.UnixMilli(), UpdatedMs: noon.UnixMilli(), Version: 1_000,
	}
	if diff := cmp.Diff(want, b.get(t, want.GetId()), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	listed, err := b.List(t.Context(), &transactionsproto.ListRequest{AccountId: account, Limit: 10})
	if err != nil || len(listed.GetTransactions()) != 1 {
		t.Fatalf("listed: %v, %v", listed, err)
	}
	if diff := cmp.Diff(want, listed.GetTransactions()[0], protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func TestARecordingGoesOnInVersions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t)
		settled := rent()
		settled.Version, settled.Status, settled.SettledMs = 2, transactionsproto.Status_STATUS_SETTLED, noon.UnixMilli()+5
		settled.Quiet = true
		if _, err := b.Record(t.Context(), settled); !errs.Is(err, "not_found.transaction") {
			t.Errorf("the second version without the first: %v", err)
		}
		for _, req := range []*transactionsproto.RecordRequest{rent(), settled, rent(), settled} {
			b.record(t, req)
		}
		got := b.get(t, settled.GetTransactionId())
		if got.GetStatus() != transactionsproto.Status_STATUS_SETTLED || got.GetSettledMs() == 0 || !got.GetQuiet() ||
			got.GetCounterparty().GetName() != "Grace Hopper" {
			t.Errorf("it came to %v", got)
		}
		told := b.publish(t, time.Second)
		if diff := cmp.Diff([]string{"transactions.enriched/1000", "transactions.enriched/11000"}, kinds(told)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]int64{1000}, firsts(t, told)); diff != "" {
			t.Errorf("nobody was told before:\n%s", diff)
		}
		for _, event := range told {
			if bytes.Contains(event.Body, []byte("Hopper")) || len(stateOf(t, event).GetSealed()) == 0 {
				t.Error("an event shows a name")
			}
		}
	})
}

func TestNoNameIsStoredInClear(t *testing.T) {
	b := newBank(t)
	b.record(t, rent())
	var all strings.Builder
	for _, table := range storage.Schema().Tables {
		rows, _, err := b.engine.Walk(t.Context(), table.Spec(), "", store.MaxRows)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "%s %+q\n", rows, rows)
	}
	for _, secret := range []string{"Hopper", "12345678", "040004", "RENT"} {
		if strings.Contains(all.String(), secret) {
			t.Errorf("%q is stored in clear", secret)
		}
	}
	if !strings.Contains(all.String(), "payport_faster_payments") {
		t.Error("the record was not seen: the test looks in the wrong place")
	}
	if err := b.keys.Destroy(t.Context(), "user_alice"); err != nil {
		t.Fatal(err)
	}
	if got := b.get(t, rent().GetTransactionId()); got.GetCounterparty() != nil || got.GetDescriptor_() != "Somebody" {
		t.Errorf("of a forgotten customer it shows %v", got)
	}
}

func TestARecordingWhoseWriteFailedIsRepeated(t *testing.T) {
	for _, fault := range []faults.Fault{faults.Unavailable, faults.UnknownApplied, faults.UnknownLost, faults.Torn} {
		for step := range 4 {
			b := newBank(t)
			var writes atomic.Int64 // Some go side by side.
			b.pick = func(op faults.Op) faults.Fault {
				if op != faults.Write && op != faults.Apply {
					return faults.None
				}
				if writes.Add(1) == int64(step+1) {
					return fault
				}
				return faults.None
			}
			_, err := b.Record(t.Context(), rent())
			b.mend(t)
			if err != nil {
				b.record(t, rent())
			}
			if got := b.get(t, rent().GetTransactionId()); got.GetCounterparty().GetName() != "Grace Hopper" {
				t.Errorf("after write %d was %v it is %v", step, fault, got)
			}
		}
	}
}

func TestARecordingNamesWhatIsWrongWithIt(t *testing.T) {
	b := newBank(t)
	for code, spoil := range map[string]func(*transactionsproto.RecordRequest){
		"bad_request.missing_param.account_id":     func(r *transactionsproto.RecordRequest) { r.AccountId = "" },
		"bad_request.missing_param.user_id":        func(r *transactionsproto.RecordRequest) { r.UserId = "" },
		"bad_request.missing_param.kind":           func(r *transactionsproto.RecordRequest) { r.Kind = 0 },
		"bad_request.bad_param.version":            func(r *transactionsproto.RecordRequest) { r.Version = 0 },
		"bad_request.missing_param.status":         func(r *transactionsproto.RecordRequest) { r.Status = 0 },
		"bad_request.missing_param.amount":         func(r *transactionsproto.RecordRequest) { r.Amount = nil },
		"bad_request.missing_param.scheme":         func(r *transactionsproto.RecordRequest) { r.Scheme = "" },
		"bad_request.missing_param.at_ms":          func(r *transactionsproto.RecordRequest) { r.AtMs = 0 },
		"bad_request.missing_param.description":    func(r *transactionsproto.RecordRequest) { r.Personal = nil },
		"bad_request.bad_param.transaction_id":     func(r *transactionsproto.RecordRequest) { r.TransactionId = "acc_1" },
		"bad_request.missing_param.transaction_id": func(r *transactionsproto.RecordRequest) { r.TransactionId = "" },
	} {
		req := proto.CloneOf(rent())
		spoil(req)
		if _, err := b.Record(t.Context(), req); !errs.Is(err, code) {
			t.Errorf("got %v, want %s", err, code)
		}
	}
}
