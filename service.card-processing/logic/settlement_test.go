package logic_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"farthing/pkg/errs"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// purse is where the money of one payment is, in minor units, by what its events move.
type purse map[logic.Side]int64

// life is a payment to which anything may happen that operators and merchants do after its authorisation.
type life struct {
	payment *cardprocessingproto.Payment
	money   purse
	at      time.Time
	n       int
}

func newLife(t *rapid.T) *life {
	authorised := rapid.Int64Range(0, 100).Draw(t, "authorised")
	account := rapid.SampledFrom([]string{"acc_1", "acc_1", ""}).Draw(t, "account")
	l := &life{money: purse{}, at: fileTime, payment: &cardprocessingproto.Payment{
		Id: "auth_1", HoldId: "hold_1", AccountId: account, Currency: "GBP", Version: 1,
	}}
	if account != "" && authorised > 0 {
		l.payment.AuthorisedMinor, l.payment.HeldMinor = authorised, authorised
		l.payment.Status, l.payment.TransactionId = cardprocessingproto.PaymentStatus_PAYMENT_STATUS_PENDING, "tx_1"
	}
	return l
}

// say says something of the payment, if it can take it, and moves the money that it moves.
func (l *life) say(s logic.Said) {
	l.n++
	s.MessageID = fmt.Sprint("m", l.n)
	if logic.Admit(l.payment, s) != nil {
		return
	}
	l.at = l.at.Add(time.Second)
	e := logic.Plan(l.payment, s, l.at)
	adjustments := logic.AdjustmentsOf(l.payment, e)
	for _, a := range adjustments {
		l.money[a.From] -= a.Amount.GetMinor()
		l.money[a.To] += a.Amount.GetMinor()
	}
	switch {
	case len(adjustments) > 0:
	case s.Kind == logic.Clearing:
		l.money[logic.OnAccount] -= s.Minor
		l.money[logic.OnSettlement] += s.Minor
	case s.Kind == logic.Refund:
		l.money[logic.OnAccount] += s.Minor
		l.money[logic.OnSettlement] -= s.Minor
	}
	l.payment = logic.After(l.payment, e)
}

func (l *life) anything(t *rapid.T) {
	minor := rapid.SampledFrom([]int64{1, 5, 5, 20, 100, 130}).Draw(t, "minor")
	switch rapid.SampledFrom([]string{"clear", "refund", "resolve", "dispute", "step"}).Draw(t, "what") {
	case "clear":
		l.say(logic.Said{Kind: logic.Clearing, Minor: minor, MoreFollows: rapid.Bool().Draw(t, "more")})
	case "refund":
		l.say(logic.Said{Kind: logic.Refund, Minor: minor})
	case "resolve":
		for _, u := range l.payment.GetUnmatched() {
			kind := rapid.SampledFrom([]cardprocessingproto.ResolutionKind{
				logic.Accepted, logic.Returned, logic.WrittenOff,
			}).Draw(t, "decision")
			l.say(logic.Said{Kind: logic.Resolution, Resolution: &cardprocessingproto.Resolution{
				UnmatchedId: u.GetId(), Kind: kind,
			}})
		}
	case "dispute":
		l.say(logic.Said{Kind: logic.Disputed, Minor: minor, Dispute: &cardprocessingproto.DisputeStep{Reason: "fraud"}})
	case "step":
		for _, d := range l.payment.GetDisputes() {
			kind := rapid.SampledFrom([]cardprocessingproto.PaymentEventKind{
				logic.Credited, logic.Won, logic.Lost,
			}).Draw(t, "step")
			l.say(logic.Said{Kind: kind, Dispute: &cardprocessingproto.DisputeStep{DisputeId: d.GetId()}})
		}
	}
}

// Whatever happens in whatever order: what the bank's own accounts must have because of a payment is what its events
// have put there, all money together is nothing, nothing is disputed that was not collected, and what the customer has
// paid is what the payment says, less what disputes gave back.
func TestWhateverHappensToAPaymentItsMoneyIsWhereItSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLife(t)
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			l.anything(t)
			l.wantSound(t)
		}
	})
}

func (l *life) wantSound(t *rapid.T) {
	own := map[string]int64{}
	logic.CountOwn(l.payment, own)
	for name, side := range map[string]logic.Side{
		"settlement_mastercard GBP": logic.OnSettlement, "suspense GBP": logic.OnSuspense,
		"disputes GBP": logic.OnDisputes, "losses GBP": logic.OnLosses,
	} {
		if own[name] != l.money[side] {
			t.Fatalf("by the payment it is %v, by its events %v", own, l.money)
		}
	}
	var sum, credited int64
	for _, minor := range l.money {
		sum += minor
	}
	for _, d := range l.payment.GetDisputes() {
		if d.GetStatus() == logic.DisputeCredited || d.GetStatus() == logic.DisputeWon {
			credited += d.GetAmountMinor()
		}
	}
	p := l.payment
	if paid := p.GetClearedMinor() - p.GetRefundedMinor() - credited; sum != 0 || paid != -l.money[logic.OnAccount] {
		t.Fatalf("all money is %d; the payment has taken %d, its events %d", sum, paid, -l.money[logic.OnAccount])
	}
	if p.GetClearedMinor() < 0 || p.GetRefundedMinor() < 0 || p.GetHeldMinor() < 0 || credited > p.GetClearedMinor() {
		t.Fatalf("it is %v", p)
	}
}

func TestAResolutionIsRefusedOfWhatIsNotOpen(t *testing.T) {
	p := &cardprocessingproto.Payment{AccountId: "acc_1", Currency: "GBP", Unmatched: []*cardprocessingproto.Unmatched{
		{Id: "unm_1", State: logic.StateResolved}, {Id: "unm_2", State: logic.StateOpen, Refund: true},
	}}
	for id, want := range map[string]string{
		"unm_0": "not_found.unmatched", "unm_1": "precondition_failed.unmatched", "unm_2": "bad_request.bad_param.kind",
	} {
		err := logic.Admit(p, logic.Said{Kind: logic.Resolution, Resolution: &cardprocessingproto.Resolution{
			UnmatchedId: id, Kind: logic.WrittenOff,
		}})
		if !errs.Is(err, want) {
			t.Errorf("%s: %v, want %s", id, err, want)
		}
	}
}
