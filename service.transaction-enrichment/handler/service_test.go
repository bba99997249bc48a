package handler

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/events"
	merchantproto "farthing/service.merchant/proto"
	"farthing/service.transaction-enrichment/logic"
	transactionsproto "farthing/service.transactions/proto"
	transactionsevents "farthing/service.transactions/proto/events"
)

// merchants is a fake of service.merchant, which knows everybody as Pret.
type merchants struct {
	merchantproto.MerchantsClient
	fails error
	hangs bool
}

func (m *merchants) Resolve(
	ctx context.Context, req *merchantproto.ResolveRequest, _ ...grpc.CallOption,
) (*merchantproto.ResolveResponse, error) {
	if m.hangs {
		<-ctx.Done()
		return nil, errs.New(errs.OutcomeUnknown, "no answer").Because(ctx.Err())
	}
	return &merchantproto.ResolveResponse{Merchant: &merchantproto.Merchant{
		Id: "merch_1", Name: "Pret A Manger (" + req.GetMcc() + ")", Known: true,
	}}, m.fails
}

// transactions is a fake of service.transactions.
type transactions struct {
	transactionsproto.TransactionsClient
	enriched []*transactionsproto.EnrichRequest
	fails    error
}

func (f *transactions) Enrich(
	_ context.Context, req *transactionsproto.EnrichRequest, _ ...grpc.CallOption,
) (*transactionsproto.EnrichResponse, error) {
	if f.fails == nil {
		f.enriched = append(f.enriched, req)
	}
	return &transactionsproto.EnrichResponse{}, f.fails
}

func newTestEnricher(m *merchants, f *transactions) *enricher {
	return &enricher{merchants: m, transactions: f, enriched: newCounter(prometheus.NewRegistry())}
}

func recorded(t *testing.T) events.Event {
	t.Helper()
	body, err := proto.Marshal(&transactionsevents.TransactionChanged{Transaction: &transactionsproto.Transaction{
		Id: "tx_1", Descriptor_: "PRET A MANGER 1234 LONDON GBR", Mcc: "5814",
	}})
	if err != nil {
		t.Fatal(err)
	}
	return events.Event{ID: "evt_1", Type: "transactions.recorded", Body: body}
}

func TestATransactionGetsItsMerchantAndARepeatTheSame(t *testing.T) {
	f := &transactions{}
	e := newTestEnricher(&merchants{}, f)
	for range 2 {
		if err := e.enrich(t.Context(), recorded(t)); err != nil {
			t.Fatal(err)
		}
	}
	if len(f.enriched) != 2 || !proto.Equal(f.enriched[0], f.enriched[1]) ||
		f.enriched[0].GetMerchant().GetName() != "Pret A Manger (5814)" {
		t.Fatalf("enriched by %v", f.enriched)
	}
}

func TestWithoutAMerchantATidyNameGoesOutInTimeAndABetterOneLater(t *testing.T) {
	for name, m := range map[string]*merchants{
		"away": {fails: errs.New(errs.Unavailable, "away")}, "hanging": {hangs: true},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := &transactions{}
			e, watch := newTestEnricher(m, f), clock.Start()
			err := e.enrich(t.Context(), recorded(t))
			if err == nil || errors.Is(err, events.ErrPoison) {
				t.Errorf("%s: %v, want to be told again", name, err)
			}
			if took := watch.Elapsed(); took > 500*time.Millisecond || len(f.enriched) != 1 ||
				f.enriched[0].GetVersion() != logic.FallbackVersion {
				t.Fatalf("%s: %v after %v", name, f.enriched, took)
			}
			m.fails, m.hangs = nil, false
			if err := e.enrich(t.Context(), recorded(t)); err != nil {
				t.Fatalf("%s: told again: %v", name, err)
			}
			if better := f.enriched[1]; better.GetVersion() <= f.enriched[0].GetVersion() ||
				better.GetMerchant().GetId() != "merch_1" {
				t.Errorf("%s: then %v", name, better)
			}
		})
	}
}

func TestTransactionsThatAreAwayAreTriedAgain(t *testing.T) {
	// Not found: the event overtook the second half of its batch.
	for _, code := range []string{errs.Unavailable, errs.OutcomeUnknown, errs.NotFound} {
		err := newTestEnricher(&merchants{}, &transactions{fails: errs.New(code, "not now")}).
			enrich(t.Context(), recorded(t))
		if !errs.Is(err, code) || errors.Is(err, events.ErrPoison) {
			t.Errorf("%s became %v", code, err)
		}
	}
}

func TestWhatCanNeverBeEnrichedIsPoison(t *testing.T) {
	refusing := newTestEnricher(&merchants{}, &transactions{fails: errs.MissingParam("transaction_id")})
	if err := refusing.enrich(t.Context(), recorded(t)); !errors.Is(err, events.ErrPoison) {
		t.Errorf("what is refused: %v", err)
	}
	err := newTestEnricher(&merchants{}, &transactions{}).enrich(t.Context(), events.Event{Body: []byte("no body")})
	if !errors.Is(err, events.ErrPoison) {
		t.Errorf("what is no event: %v", err)
	}
}
