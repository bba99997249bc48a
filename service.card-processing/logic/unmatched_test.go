package logic

import (
	"testing"
	"time"

	cardprocessingproto "farthing/service.card-processing/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// takenBack is what its customer is told of something unmatched when it leaves the payment that it went to.
func takenBack(
	t *testing.T, collected Said, kind cardprocessingproto.ResolutionKind, toAccount string,
) *transactionsproto.FollowRequest {
	t.Helper()
	p := &cardprocessingproto.Payment{AccountId: "acc_1", Currency: "GBP", HoldId: "hold_1"}
	do := func(s Said) []*transactionsproto.FollowRequest {
		before := p
		e := Plan(before, s, time.UnixMilli(1+before.GetVersion()))
		p = After(before, e)
		return Follow(before, p, e)
	}
	do(collected)
	if len(p.GetUnmatched()) != 1 {
		t.Fatalf("it is not unmatched: %v", p)
	}
	decided := &cardprocessingproto.Resolution{UnmatchedId: p.GetUnmatched()[0].GetId(), Kind: kind}
	if toAccount != "" {
		decided.To = &cardprocessingproto.Target{HoldId: "hold_2", AccountId: toAccount}
	}
	told := do(Said{Kind: Resolution, MessageID: "resolution", Resolution: decided})
	if toAccount != "" {
		if len(told) > 0 {
			t.Errorf("the customer was told of what is still on its way: %v", told)
		}
		told = do(Said{Kind: Correction, MessageID: "correction", Resolution: decided})
	}
	if len(told) != 1 {
		t.Fatalf("the customer was told %v", told)
	}
	return told[0]
}

func TestOnlyWhatWentToAnotherPaymentOfTheAccountIsToldSo(t *testing.T) {
	for what, kind := range map[string]cardprocessingproto.PaymentEventKind{"collected": Clearing, "sent back": Refund} {
		said := Said{Kind: kind, MessageID: what, Minor: 25_00, Descriptor: "SUMUP", MCC: "5999"}
		for name, c := range map[string]struct {
			kind cardprocessingproto.ResolutionKind
			to   string
			want bool
		}{
			"to their own payment":   {Attached, "acc_1", true},
			"to somebody else's":     {Attached, "acc_2", false},
			"to the scheme":          {Returned, "", false},
			"to the bank, as a loss": {WrittenOff, "", false},
		} {
			told := takenBack(t, said, c.kind, c.to)
			if told.GetAttached() != c.want || told.GetAmount().GetMinor() != 0 ||
				told.GetStatus() != transactionsproto.Status_STATUS_REVERSED {
				t.Errorf("what was %s went %s: told %v", what, name, told)
			}
		}
	}
}

func TestWhoHasSomeMoneyBackReadsThat(t *testing.T) {
	attached := &cardprocessingproto.Unmatched{State: StateResolved, Resolution: &cardprocessingproto.Resolution{
		Kind: Attached, To: &cardprocessingproto.Target{AccountId: "acc_1"},
	}}
	resolved := func(kind cardprocessingproto.ResolutionKind) *cardprocessingproto.Unmatched {
		return &cardprocessingproto.Unmatched{
			State: StateResolved, Resolution: &cardprocessingproto.Resolution{Kind: kind},
		}
	}
	const reversed = cardprocessingproto.PaymentStatus_PAYMENT_STATUS_REVERSED
	for name, c := range map[string]struct {
		status cardprocessingproto.PaymentStatus
		also   *cardprocessingproto.Unmatched
		want   bool
	}{
		"all is another payment's":    {reversed, attached, true},
		"some went back":              {reversed, resolved(Returned), false},
		"the bank bore some":          {reversed, resolved(WrittenOff), false},
		"some was refunded, accepted": {reversed, resolved(Accepted), true},
		"the rest is still its own":   {cardprocessingproto.PaymentStatus_PAYMENT_STATUS_SETTLED, attached, false},
	} {
		p := &cardprocessingproto.Payment{
			AccountId: "acc_1", Status: c.status, Unmatched: []*cardprocessingproto.Unmatched{attached, c.also},
		}
		if got := allAttached(p); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
