package handler

import (
	"fmt"
	"testing"
	"time"

	"farthing/pkg/foundation/foundationtest"
	"farthing/pkg/store/faults"
	paymentproto "farthing/service.payment/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// rent is paid on the last day of each month, from March on. The bank begins on 14 March.
func rent(minor int64) *paymentproto.CreateStandingOrderRequest {
	return &paymentproto.CreateStandingOrderRequest{
		AccountId: adas, Party: grace("00"), Amount: pounds(minor), Reference: "RENT",
		Frequency: paymentproto.Frequency_FREQUENCY_MONTHLY, Day: 31, FirstDate: "2026-03-20", LastDate: "2026-05-31",
		DedupeId: "rent",
	}
}

func (b *bank) order(t *testing.T, req *paymentproto.CreateStandingOrderRequest) *paymentproto.StandingOrder {
	t.Helper()
	rsp, err := foundationtest.Until(func() (*paymentproto.CreateStandingOrderResponse, error) {
		return b.payments.CreateStandingOrder(t.Context(), req)
	})
	if err != nil {
		t.Fatalf("ordering: %v", err)
	}
	return rsp.GetOrder()
}

func (b *bank) orderNow(t *testing.T) *paymentproto.StandingOrder {
	t.Helper()
	rsp, err := b.payments.ListStandingOrders(t.Context(), &paymentproto.ListStandingOrdersRequest{AccountId: adas})
	if err != nil || len(rsp.GetOrders()) != 1 {
		t.Fatalf("listing: %v, %v", rsp, err)
	}
	return rsp.GetOrders()[0]
}

func TestAStandingOrderIsPaidOnItsDaysAndEnds(t *testing.T) {
	b := newBank(t, nil)
	if o := b.order(t, rent(10_00)); o.GetNextDate() != "2026-03-31" {
		t.Fatalf("ordered: %v", o)
	}
	for day := range 90 {
		b.sweep(t, 24*time.Hour)
		b.order(t, rent(10_00)) // A repeat changes nothing.
		if o := b.orderNow(t); day == 17 && (o.GetPaid() != 1 || o.GetNextDate() != "2026-04-30") {
			t.Errorf("on 1 April it is %v", o)
		}
	}
	o := b.orderNow(t)
	if o.GetState() != paymentproto.OrderState_ORDER_STATE_FINISHED || o.GetPaid() != 3 || o.GetFailed() != 0 {
		t.Errorf("in the end it is %v", o)
	}
	b.want(t, map[string]int64{adas: 70_00, nostro: 30_00})
	other := rent(11_00)
	_, err := b.payments.CreateStandingOrder(t.Context(), other)
	wantCode(t, err, "conflict.dedupe_id")
}

func TestDaysThatWereMissedAreMadeUpForOnceEach(t *testing.T) {
	b := newBank(t, nil)
	b.order(t, rent(10_00))
	b.sweep(t, 100*24*time.Hour)
	b.want(t, map[string]int64{adas: 70_00})
	if o := b.orderNow(t); o.GetPaid() != 3 {
		t.Errorf("it is %v", o)
	}
}

func TestADayWithoutMoneyIsTriedAgainUntilTheEvening(t *testing.T) {
	b := newBank(t, nil)
	b.order(t, rent(150_00))
	b.Clock.AdvanceTo(time.Date(2026, 3, 31, 5, 30, 0, 0, time.UTC)) // 06:30 there.
	b.sweep(t, 0)
	if o := b.orderNow(t); o.GetTries() != 1 || o.GetNextDate() != "2026-03-31" {
		t.Fatalf("after the first try it is %v", o)
	}
	b.ledger.Set(adas, 200_00)
	b.sweep(t, 3*time.Hour)
	if o := b.orderNow(t); o.GetPaid() != 1 || o.GetNextDate() != "2026-04-30" {
		t.Fatalf("after the second it is %v", o)
	}
	b.Clock.AdvanceTo(time.Date(2026, 4, 30, 4, 0, 0, 0, time.UTC))
	for range 15 {
		b.sweep(t, time.Hour)
	}
	if o := b.orderNow(t); o.GetFailed() != 1 || o.GetNextDate() != "2026-05-31" {
		t.Fatalf("after the evening it is %v", o)
	}
	failed := 0
	for _, r := range b.recorded.All() {
		if r.GetStatus() == transactionsproto.Status_STATUS_DECLINED {
			failed++
		}
	}
	if failed != 1 || b.ledger.Has(adas) != 50_00 {
		t.Errorf("%d failures are recorded, and %d are left", failed, b.ledger.Has(adas))
	}
}

func TestACancelledOrderIsNotPaid(t *testing.T) {
	b := newBank(t, nil)
	o := b.order(t, rent(10_00))
	for range 2 {
		got, err := b.payments.CancelStandingOrder(t.Context(), &paymentproto.CancelStandingOrderRequest{OrderId: o.GetId()})
		if err != nil || got.GetOrder().GetState() != paymentproto.OrderState_ORDER_STATE_CANCELLED {
			t.Fatalf("cancelling: %v, %v", got, err)
		}
	}
	b.sweep(t, 100*24*time.Hour)
	b.want(t, map[string]int64{adas: 100_00})
}

func TestARunCutShortAnywhereIsMadeOnce(t *testing.T) {
	foundationtest.AtEachWrite(t, func(t *testing.T, pick faults.Pick) {
		b := newBank(t, pick)
		once := rent(10_00)
		once.LastDate = "2026-04-29"
		b.order(t, once)
		b.Settle(t)
		for range 2 {
			b.Clock.AdvanceTo(b.Clock.Now().Add(40 * 24 * time.Hour))
			now := b.Clock.Now()
			_ = b.handler.store.Due.Each(t.Context(), now.Add(-130*24*time.Hour), now, b.handler.runOrder)
			_ = b.handler.store.Unfinished.Each(t.Context(), now.Add(-130*24*time.Hour), now, b.handler.finishLate)
			b.Settle(t)
		}
		b.want(t, map[string]int64{adas: 90_00, nostro: 10_00})
		if o := b.orderNow(t); o.GetPaid() != 1 || o.GetState() != paymentproto.OrderState_ORDER_STATE_FINISHED {
			t.Errorf("it is %v", o)
		}
	})
}

func TestAnOrderNamesWhatIsWrongWithIt(t *testing.T) {
	b := newBank(t, nil)
	for code, spoil := range map[string]func(*paymentproto.CreateStandingOrderRequest){
		"bad_request.bad_param.frequency":  func(r *paymentproto.CreateStandingOrderRequest) { r.Frequency = 0 },
		"bad_request.bad_param.first_date": func(r *paymentproto.CreateStandingOrderRequest) { r.FirstDate = "2026-03-13" },
		"bad_request.bad_param.last_date":  func(r *paymentproto.CreateStandingOrderRequest) { r.LastDate = "2026-03-19" },
		"bad_request.bad_param.day":        func(r *paymentproto.CreateStandingOrderRequest) { r.Day = 32 },
		"bad_request.bad_param.amount":     func(r *paymentproto.CreateStandingOrderRequest) { r.Amount.Minor = -1 },
	} {
		req := rent(1_00)
		req.DedupeId = fmt.Sprint("bad ", code)
		spoil(req)
		_, err := b.payments.CreateStandingOrder(t.Context(), req)
		wantCode(t, err, code)
	}
	b.sweep(t, 100*24*time.Hour)
	b.want(t, map[string]int64{adas: 100_00})
}

// The bank begins at 09:26: the first try of today was due before, and the sweep does not go back that far.
func TestAnOrderThatBeginsTodayIsPaidToday(t *testing.T) {
	b := newBank(t, nil)
	today := rent(10_00)
	today.Frequency, today.Day, today.FirstDate = paymentproto.Frequency_FREQUENCY_WEEKLY, 0, "2026-03-14"
	b.order(t, today)
	b.sweep(t, time.Minute)
	if o := b.orderNow(t); o.GetPaid() != 1 || o.GetNextDate() != "2026-03-21" {
		t.Errorf("it is %v", o)
	}
	b.want(t, map[string]int64{adas: 90_00})
}
