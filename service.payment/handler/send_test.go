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
	paymentproto "farthing/service.payment/proto"
	transactionsproto "farthing/service.transactions/proto"
)

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if err == nil || errs.Of(err).Code != code {
		t.Errorf("got %v, want %s", err, code)
	}
}

func TestAPaymentOutGoesThroughTheSchemeOnce(t *testing.T) {
	b := newBank(t, nil)
	first := b.send(t, sending("rent", grace("00"), 60_00))
	if first.GetState() != paymentproto.State_STATE_SETTLED ||
		first.GetDirection() != paymentproto.Direction_DIRECTION_OUT {
		t.Fatalf("it came to %v", first)
	}
	if diff := cmp.Diff(first, b.send(t, sending("rent", grace("00"), 60_00)), protocmp.Transform()); diff != "" {
		t.Errorf("the repeat differs:\n%s", diff)
	}
	b.want(t, map[string]int64{adas: 40_00, nostro: 60_00, underWay: 0})
	recorded := b.recorded.All()[first.GetTransactionId()]
	if recorded.GetStatus() != transactionsproto.Status_STATUS_SETTLED || !recorded.GetQuiet() ||
		recorded.GetScheme() != "payport_faster_payments" {
		t.Errorf("recorded as %v", recorded)
	}
	_, err := b.payments.Send(t.Context(), sending("rent", grace("00"), 60_01))
	wantCode(t, err, "conflict.dedupe_id")
}

func TestAPaymentWithoutMoneyIsDeclinedForGood(t *testing.T) {
	b := newBank(t, nil)
	for range 2 {
		got := b.send(t, sending("rent", grace("00"), 100_01))
		if got.GetState() != paymentproto.State_STATE_DECLINED || got.GetReason() != "insufficient_funds" {
			t.Errorf("it came to %v", got)
		}
		b.ledger.Set(adas, 100_00)
	}
	if len(b.recorded.All()) != 0 {
		t.Errorf("recorded: %v", b.recorded.All())
	}
}

func TestARefusedPaymentComesBack(t *testing.T) {
	b := newBank(t, nil)
	got := b.send(t, sending("rent", grace("11"), 60_00))
	if got.GetState() != paymentproto.State_STATE_REFUSED || got.GetReason() != "account_closed" {
		t.Fatalf("it came to %v", got)
	}
	b.want(t, map[string]int64{adas: 100_00, nostro: 0, underWay: 0})
	if r := b.recorded.All()[got.GetTransactionId()]; r.GetStatus() != transactionsproto.Status_STATUS_REVERSED {
		t.Errorf("recorded as %v", r)
	}
}

func TestAPaymentIsReturnedTwoDaysLaterAsATransactionOfItsOwn(t *testing.T) {
	b := newBank(t, nil)
	sent := b.send(t, sending("rent", grace("12"), 60_00))
	b.sweep(t, 47*time.Hour)
	b.want(t, map[string]int64{adas: 40_00, nostro: 60_00})
	b.sweep(t, 2*time.Hour)
	if got := b.get(t, sent.GetId()); got.GetState() != paymentproto.State_STATE_RETURNED {
		t.Fatalf("it came to %v", got)
	}
	b.sweep(t, time.Hour)
	b.want(t, map[string]int64{adas: 100_00, nostro: 0})
	if len(b.recorded.All()) != 2 {
		t.Errorf("recorded: %v", b.recorded.All())
	}
}

func TestWhatComesBackToAClosedAccountGoesToSuspense(t *testing.T) {
	b := newBank(t, nil)
	b.send(t, sending("rent", grace("12"), 60_00))
	b.accounts.closed.Store(true)
	b.sweep(t, 49*time.Hour)
	b.want(t, map[string]int64{adas: 40_00, suspense: 60_00})
	if _, err := b.payments.PayIn(t.Context(), payIn("late", 5_00)); err != nil {
		t.Fatal(err)
	}
	b.want(t, map[string]int64{adas: 40_00, suspense: 65_00})
	_, err := b.payments.Send(t.Context(), sending("more", grace("00"), 1))
	wantCode(t, err, "precondition_failed.account_closed")
}

func TestASilentSchemeIsAskedAgain(t *testing.T) {
	b := newBank(t, nil)
	sent := b.send(t, sending("rent", grace("13"), 60_00))
	if sent.GetState() != paymentproto.State_STATE_SENT {
		t.Fatalf("it came to %v", sent)
	}
	b.sweep(t, 30*time.Minute)
	b.want(t, map[string]int64{adas: 40_00, underWay: 60_00, nostro: 0})
	b.sweep(t, 40*time.Minute)
	b.sweep(t, time.Minute)
	b.want(t, map[string]int64{adas: 40_00, underWay: 0, nostro: 60_00})
}

func TestAPaymentWithinTheBankIsOnBothAccounts(t *testing.T) {
	b := newBank(t, nil)
	got := b.send(t, sending("lunch", toBob(), 7_50))
	if got.GetState() != paymentproto.State_STATE_SETTLED ||
		got.GetDirection() != paymentproto.Direction_DIRECTION_WITHIN {
		t.Fatalf("it came to %v", got)
	}
	b.want(t, map[string]int64{adas: 92_50, bobs: 7_50})
	for _, r := range b.recorded.All() {
		if name := r.GetPersonal().GetCounterparty().GetName(); r.GetAccountId() == bobs && name != "Ada Osborne" {
			t.Errorf("Bob is paid by %q", name)
		}
	}
}

func payIn(dedupeID string, minor int64) *paymentproto.PayInRequest {
	return &paymentproto.PayInRequest{
		AccountId: adas, Amount: pounds(minor), Party: grace("00"), Reference: "SALARY", DedupeId: dedupeID,
	}
}

func TestMoneyComesInOnce(t *testing.T) {
	b := newBank(t, nil)
	byNumber := payIn("salary", 25_00)
	byNumber.AccountId, byNumber.SortCode, byNumber.AccountNumber = "", ours, "11111111"
	for _, req := range []*paymentproto.PayInRequest{payIn("salary", 25_00), byNumber} {
		if rsp, err := b.payments.PayIn(t.Context(), req); err != nil ||
			rsp.GetPayment().GetState() != paymentproto.State_STATE_SETTLED {
			t.Fatalf("paying in: %v, %v", rsp, err)
		}
	}
	b.want(t, map[string]int64{adas: 125_00, nostro: -25_00})
	byNumber.AccountNumber = "33333333"
	_, err := b.payments.PayIn(t.Context(), byNumber)
	wantCode(t, err, "not_found.account")
}

func TestAPaymentCutShortAnywhereIsFinished(t *testing.T) {
	for rule, has := range map[string]map[string]int64{
		"11": {adas: 100_00, nostro: 0, underWay: 0}, "12": {adas: 100_00, nostro: 0, underWay: 0},
	} {
		t.Run(rule, func(t *testing.T) {
			foundationtest.AtEachWrite(t, func(t *testing.T, pick faults.Pick) {
				b := newBank(t, pick)
				_, _ = b.payments.Send(t.Context(), sending("rent", grace(rule), 60_00)) // Whoever asked may give up.
				b.send(t, sending("rent", grace(rule), 60_00))
				b.Settle(t)
				for range 3 { // A sweep that meets a fault is swept again.
					b.Clock.AdvanceTo(b.Clock.Now().Add(49 * time.Hour))
					h, now := b.handler, b.Clock.Now()
					_ = h.store.Unfinished.Each(t.Context(), now.Add(-200*time.Hour), now, h.finishLate)
					_ = h.store.Returns.Each(t.Context(), now.Add(-200*time.Hour), now, h.comeBack)
				}
				b.Settle(t)
				b.sweep(t, time.Minute)
				b.want(t, has)
			})
		})
	}
}

func TestPaymentsAtOnceUnderOneIDAreOne(t *testing.T) {
	b := newBank(t, nil)
	var racers sync.WaitGroup
	for range 12 {
		racers.Go(func() { b.send(t, sending("rent", grace("00"), 60_00)) })
	}
	racers.Wait()
	b.want(t, map[string]int64{adas: 40_00, nostro: 60_00, underWay: 0})
}

func TestNamesAreCheckedAndPayeesKept(t *testing.T) {
	b := newBank(t, nil)
	for _, c := range []struct {
		party *paymentproto.Party
		match paymentproto.NameMatch
		name  string
	}{
		{grace("00"), paymentproto.NameMatch_NAME_MATCH_FULL, ""},
		{grace("21"), paymentproto.NameMatch_NAME_MATCH_CLOSE, "G Hopper"},
		{grace("22"), paymentproto.NameMatch_NAME_MATCH_NONE, ""},
		{grace("23"), paymentproto.NameMatch_NAME_MATCH_UNAVAILABLE, ""},
		{toBob(), paymentproto.NameMatch_NAME_MATCH_FULL, ""},
		{
			&paymentproto.Party{Name: "B Babbage", SortCode: ours, AccountNumber: "22222222"},
			paymentproto.NameMatch_NAME_MATCH_CLOSE, "Bob Babbage",
		},
	} {
		got, err := b.payments.CheckName(t.Context(), &paymentproto.CheckNameRequest{Party: c.party})
		if err != nil || got.GetMatch() != c.match || got.GetName() != c.name {
			t.Errorf("%v: %v, %v", c.party, got, err)
		}
	}
	var payee *paymentproto.Payee
	for range 2 {
		added, err := b.payments.AddPayee(t.Context(), &paymentproto.AddPayeeRequest{UserId: ada, Party: grace("00")})
		if err != nil || payee != nil && added.GetPayee().GetId() != payee.GetId() {
			t.Fatalf("adding: %v, %v", added, err)
		}
		payee = added.GetPayee()
	}
	req := sending("by payee", nil, 1_00)
	req.PayeeId = payee.GetId()
	if got := b.send(t, req); got.GetParty().GetName() != "Grace Hopper" {
		t.Errorf("paid: %v", got)
	}
	remove := &paymentproto.RemovePayeeRequest{UserId: ada, PayeeId: payee.GetId()}
	if _, err := b.payments.RemovePayee(t.Context(), remove); err != nil {
		t.Fatal(err)
	}
	req.DedupeId = "gone"
	_, err := b.payments.Send(t.Context(), req)
	wantCode(t, err, "not_found.payee")
}

func TestAPaymentNamesWhatIsWrongWithIt(t *testing.T) {
	b, long := newBank(t, nil), fmt.Sprintf("%019d", 1)
	for code, spoil := range map[string]func(*paymentproto.SendRequest){
		"bad_request.missing_param.account_id":           func(r *paymentproto.SendRequest) { r.AccountId = "" },
		"bad_request.missing_param.party.name":           func(r *paymentproto.SendRequest) { r.Party.Name = "" },
		"bad_request.bad_param.party.name":               func(r *paymentproto.SendRequest) { r.Party.Name = "a\nb" },
		"bad_request.bad_param.party.sort_code":          func(r *paymentproto.SendRequest) { r.Party.SortCode = "04-00-04" },
		"bad_request.missing_param.party.account_number": func(r *paymentproto.SendRequest) { r.Party.AccountNumber = "" },
		"bad_request.bad_param.party.account_number":     func(r *paymentproto.SendRequest) { r.Party.SortCode = ours },
		"bad_request.missing_param.amount":               func(r *paymentproto.SendRequest) { r.Amount = nil },
		"bad_request.bad_param.amount":                   func(r *paymentproto.SendRequest) { r.Amount.Minor = 0 },
		"bad_request.bad_param.amount.currency":          func(r *paymentproto.SendRequest) { r.Amount.Currency = "EUR" },
		"bad_request.bad_param.reference":                func(r *paymentproto.SendRequest) { r.Reference = long },
		"bad_request.missing_param.dedupe_id":            func(r *paymentproto.SendRequest) { r.DedupeId = "" },
	} {
		req := sending(code, grace("00"), 1_00)
		spoil(req)
		_, err := b.payments.Send(t.Context(), req)
		wantCode(t, err, code)
	}
	b.want(t, map[string]int64{adas: 100_00})
}
