package handler

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"farthing/pkg/errs"
	"farthing/pkg/events"
	"farthing/pkg/store/faults"
	balanceproto "farthing/service.balance/proto"
	transactionsproto "farthing/service.transactions/proto"
)

func (b *bank) enrich(t *testing.T, transactionID string, version int64) error {
	t.Helper()
	_, err := b.Enrich(t.Context(), &transactionsproto.EnrichRequest{
		TransactionId: transactionID, AccountId: account, Version: version, Category: "eating_out",
		Merchant: &transactionsproto.Merchant{
			Id: "merch_1", Name: map[int64]string{1: "Pret A Manger 1234", 2: "Pret A Manger"}[version],
		},
	})
	return err
}

func TestABetterEnrichmentStandsInWhateverOrderTheyCome(t *testing.T) {
	for _, order := range [][]int64{{1, 2}, {2, 1}, {2, 1, 2}, {1, 1, 2, 1}} {
		synctest.Test(t, func(t *testing.T) {
			b := newBank(t)
			tx := b.pay(t, "a")
			for _, version := range order {
				if err := b.enrich(t, tx, version); err != nil {
					t.Fatalf("enriching: %v", err)
				}
			}
			if got := b.get(t, tx); got.GetMerchant().GetName() != "Pret A Manger" || got.GetVersion() != 1_002 {
				t.Errorf("in the order %v it became %v", order, got)
			}
			// The bus promises no order: consumers go by the version.
			last := slices.MaxFunc(b.publish(t, 10*time.Second), func(x, y events.Event) int {
				return int(x.Version - y.Version)
			})
			if last.Version != 1_002 || stateOf(t, last).GetMerchant().GetName() != "Pret A Manger" {
				t.Errorf("in the order %v the last event is %v", order, last)
			}
		})
	}
}

func TestARepeatedEnrichmentTellsNobodyAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t)
		tx := b.pay(t, "a")
		for range 3 {
			for _, version := range []int64{1, 2} {
				if err := b.enrich(t, tx, version); err != nil {
					t.Fatal(err)
				}
			}
		}
		want := []string{recorded + "/1000", enriched + "/1001", enriched + "/1002"}
		if diff := cmp.Diff(want, kinds(b.publish(t, time.Minute))); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestOnlyTheFirstThatIsToldOfATransactionSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t)
		for hold, order := range map[string][]int64{"a": {1, 2, 1}, "b": {2, 1}} {
			tx := b.pay(t, hold)
			for _, version := range order {
				if err := b.enrich(t, tx, version); err != nil {
					t.Fatal(err)
				}
			}
		}
		told := firsts(t, b.publish(t, 10*time.Second))
		slices.Sort(told)
		if diff := cmp.Diff([]int64{1_001, 1_002}, told); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAnEnrichmentIsToldOfWhateverBecameOfItsBatch(t *testing.T) {
	for name, fault := range map[string]faults.Fault{
		"applied": faults.UnknownApplied, "torn": faults.Torn, "late": faults.UnknownLate, "lost": faults.UnknownLost,
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBank(t)
			tx := b.pay(t, "a")
			b.pick = faults.Script(faults.Write, fault)
			if err := b.enrich(t, tx, 2); !errs.Is(err, errs.OutcomeUnknown) {
				t.Fatalf("%s: %v", name, err)
			}
			if err := b.enrich(t, tx, 2); err != nil {
				t.Fatalf("%s: the repeat: %v", name, err)
			}
			b.mend(t)
			told := 0
			for _, e := range b.publish(t, 10*time.Minute) {
				if e.Type == enriched && stateOf(t, e).GetMerchant().GetId() == "merch_1" {
					told++
				}
			}
			if told == 0 {
				t.Errorf("%s: nobody was told", name)
			}
		})
	}
}

func TestARecordThatChangesIsToldOfWithItsMerchant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t)
		tx := b.pay(t, "a")
		if err := b.enrich(t, tx, 2); err != nil {
			t.Fatal(err)
		}
		b.ledger.declare = declined(balanceproto.DeclineReason_DECLINE_REASON_TIMED_OUT)
		if _, err := b.Authorise(t.Context(), purchase("a")); err != nil {
			t.Fatal(err)
		}
		if err := b.enrich(t, tx, 2); err != nil { // As service.transaction-enrichment does, told of the new record.
			t.Fatal(err)
		}
		published := b.publish(t, time.Minute)
		slices.SortFunc(published, func(x, y events.Event) int { return int(x.Version - y.Version) })
		want := []string{recorded + "/1000", enriched + "/1002", recorded + "/2000", enriched + "/2002"}
		if diff := cmp.Diff(want, kinds(published)); diff != "" {
			t.Fatal(diff)
		}
		last := stateOf(t, published[3])
		if last.GetStatus() != transactionsproto.Status_STATUS_DECLINED || last.GetMerchant().GetName() != "Pret A Manger" {
			t.Fatalf("told of %v", last)
		}
	})
}

func TestAnEventIsAsOldAsItsPayment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t)
		tx := b.pay(t, "a")
		b.clock.AdvanceTo(noon.Add(5 * time.Hour))
		if err := b.enrich(t, tx, 1); err != nil {
			t.Fatal(err)
		}
		for _, e := range b.publish(t, time.Minute) {
			if !e.OccurredAt.Equal(noon) || e.Key != tx {
				t.Errorf("%s of %s occurred at %v, want %v", e.Type, e.Key, e.OccurredAt, noon)
			}
		}
	})
}

func TestAnEnrichmentOfNothingIsMissing(t *testing.T) {
	b := newBank(t)
	if err := b.enrich(t, b.ids.New("tx"), 1); !errs.Is(err, "not_found.transaction") {
		t.Fatalf("got %v", err)
	}
}

func TestAnEnrichmentRefusesByName(t *testing.T) {
	b := newBank(t)
	tx, merchant := b.pay(t, "a"), &transactionsproto.Merchant{Id: "merch_1"}
	for want, req := range map[string]*transactionsproto.EnrichRequest{
		"missing_param.transaction_id": {AccountId: account, Merchant: merchant, Version: 1},
		"missing_param.account_id":     {TransactionId: tx, Merchant: merchant, Version: 1},
		"missing_param.merchant.id":    {TransactionId: tx, AccountId: account, Version: 1},
		"bad_param.version":            {TransactionId: tx, AccountId: account, Merchant: merchant, Version: 1_000},
	} {
		if _, err := b.Enrich(t.Context(), req); !errs.Is(err, "bad_request."+want) {
			t.Errorf("%v: %v, want %s", req, err, want)
		}
	}
}
